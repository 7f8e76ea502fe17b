"""The game: the visitor guesses the year of a test poster, then the model does."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import gradio as gr

from posters.app.components import EVENT, clamped_slider, fragment
from posters.app.fragments import problem_html, rendered
from posters.app.service import PosterRequest, PredictionService
from posters.errors import PostersError

_HIDDEN, _VISIBLE = gr.update(visible=False), gr.update(visible=True)
_NO_GAME = (
    "The game needs pictures of films that the model has not seen, and the pretrained model has "
    'none. Run `make repro`, then `make app ARGS="--model own"`.'
)


@dataclass(frozen=True)
class Round:
    """A test poster with the years that the visitor guessed and the model predicted."""

    poster: PosterRequest
    guess: int
    model: int

    @property
    def errors(self) -> tuple[int, int]:
        """The absolute errors, of the visitor and of the model, in years."""
        year = self.poster.year
        assert year is not None  # a test poster
        return abs(self.guess - year), abs(self.model - year)


@dataclass(frozen=True)
class Game:
    """The rounds so far, and the poster whose year is to be guessed, if there is one."""

    rounds: tuple[Round, ...] = ()
    waiting: PosterRequest | None = None

    @property
    def errors(self) -> tuple[float, float]:
        """The mean absolute errors, of the visitor and of the model, in years."""
        yours, models = zip(*(one.errors for one in self.rounds), strict=True)
        return fmean(yours), fmean(models)

    def as_text(self, caveats: Sequence[str]) -> str:
        """The score as one line to share."""
        count = len(self.rounds)
        yours, models = self.errors
        kind = f" ({', '.join(caveats)})" if caveats else ""
        return (
            f"poster → year: {count} poster{'' if count == 1 else 's'}{kind}, "
            f"me {yours:.1f} years off, the model {models:.1f}"
        )


def quiz_html(picture: str, test: str) -> str:
    """A poster whose year is to be guessed; nothing here tells its title or year."""
    mixes = {
        "natural": "Drawn from films as they come, which are mostly recent.",
        "balanced": "Drawn from a test with the same number of films of every year.",
    }
    return (
        f'<figure><img src="{picture}" alt="The poster whose year you guess">'
        f"<figcaption>{mixes[test]} The model knows this too.</figcaption></figure>"
    )


def game_tab(service: PredictionService) -> None:
    """The tab of the game."""
    if not service.tests:
        fragment(problem_html(_NO_GAME))
        return
    years = list(service.priors["uniform"])
    game = gr.State(Game())
    fragment(
        '<p class="rules">Guess the year of a poster that the model was not trained on. '
        "Then the model guesses, and you see the true year.</p>"
    )
    with gr.Row(elem_id="round"):
        with gr.Column():
            poster = fragment(elem_id="quiz")
        with gr.Column():
            following = gr.Button("Show a poster", variant="primary", elem_id="following")
            with gr.Column(visible=False) as guessing:
                guess = clamped_slider(
                    *(years[0], years[-1]),
                    value=years[len(years) // 2],
                    label="Your guess",
                    elem_id="guess",
                )
                submit = gr.Button("Guess", variant="primary", elem_id="submit")
            reveal = fragment(elem_id="reveal")
            score = gr.Textbox(
                label="Your score, to share",
                buttons=["copy"],
                interactive=False,
                visible=False,
                elem_id="score",
            )

    def show_next(game: Game) -> list[Any]:
        seen = [one.poster for one in game.rounds]
        request = service.random_test([*seen, *filter(None, [game.waiting])])
        try:
            picture = quiz_html(service.picture(request), str(request.test))
        except PostersError as error:
            return [game, problem_html(error), gr.skip(), gr.skip(), ""]
        return [Game(game.rounds, request), picture, _HIDDEN, _VISIBLE, ""]

    def judge(game: Game, guess: int | None) -> list[Any]:
        if guess is None:
            return [game, problem_html("no year; enter one"), gr.skip(), gr.skip(), gr.skip()]
        request = game.waiting
        if request is None:  # a second click, or a page that is older than the server
            return [game, gr.skip(), _VISIBLE, _HIDDEN, gr.skip()]
        try:
            answers = service.predict(request).prediction.answers
        except PostersError as error:
            return [game, problem_html(error), gr.skip(), gr.skip(), gr.skip()]
        # The prior of the test, the mix of years that the visitor was told.
        prior = "uniform" if request.test == "balanced" else "natural"
        game = Game((*game.rounds, Round(request, guess, answers[prior].year)))
        text = gr.update(value=game.as_text(service.predictor.caveats), visible=True)
        following = gr.update(value="Next poster", visible=True)
        return [game, rendered("reveal", game=game), following, _HIDDEN, text]

    following.click(show_next, [game], [game, poster, following, guessing, reveal], **EVENT)
    submit.click(judge, [game, guess], [game, reveal, following, guessing, score], **EVENT)
