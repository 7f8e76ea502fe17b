// The panel: one poster up close, a list of posters, or what this page is.

const panel = document.getElementById("panel");
const AT_ONCE = 60;

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function button(text, onclick, properties = {}) {
  return element("button", { type: "button", onclick, ...properties }, text);
}

/** The picture of a poster; a card with title and year where there is none. */
function picture(poster) {
  if (!TILES) return card(DATA.titles[poster], YEARS[poster]);
  const place = poster % TILES, columns = DATA.atlas.columns;
  const number = Math.floor(poster / TILES);
  const rows = Math.ceil((Math.min((number + 1) * TILES, COUNT) - number * TILES) / columns);
  const made = element("span", { className: "tile", role: "img", ariaLabel: `Poster of ${named(poster)}` });
  made.style.backgroundImage = `url(${atlasAddress(number)})`;
  made.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  const across = ((place % columns) / (columns - 1)) * 100;
  const down = rows > 1 ? (Math.floor(place / columns) / (rows - 1)) * 100 : 0;
  made.style.backgroundPosition = `${across}% ${down}%`;
  return made;
}

function card(title, year) {
  return element("span", { className: "tile card" }, element("cite", {}, title), element("span", {}, year));
}

function posterLink(poster, note = "") {
  const caption = TILES ? [element("cite", {}, DATA.titles[poster]), element("small", {}, YEARS[poster], note)]
    : note ? [element("small", {}, note.replace(" · ", ""))] : [];
  return element(
    "a",
    { className: "poster", href: `#${titleId(DATA.ids[poster])}`, title: named(poster) },
    picture(poster), ...caption,
  );
}

function titlePage(id) {
  return DATA.generated ? "" : element(
    "a", { href: `https://www.imdb.com/title/${titleId(id)}/`, target: "_blank", rel: "noopener" }, "IMDb ↗",
  );
}

function showPanel() {
  const { poster, list } = state;
  panel.className = poster !== null ? "close-up" : list ? "list" : "about";
  panel.replaceChildren(...(poster !== null ? closeUp(poster) : list ? listOf(list) : about()));
  panel.scrollTop = 0;
}

function closeUp(poster) {
  const prediction = predictionOf(poster);
  const near = neighboursOf(poster).map(({ poster: other, similarity }) => posterLink(other, ` · ${similarity.toFixed(2)}`));
  const twins = DATA.duplicates.filter(([one, other]) => one === poster || other === poster);
  return [
    element("nav", {},
      state.list ? button(`‹ ${state.list.heading}`, () => choose(null), { className: "plain" }) : "",
      button("×", () => choose(null), { className: "close", ariaLabel: "Close" })),
    element("div", { className: "head" },
      picture(poster),
      element("div", {},
        element("h2", {}, DATA.titles[poster]),
        element("p", { className: "big" }, YEARS[poster]),
        element("p", {}, titlePage(DATA.ids[poster])),
        ...(prediction ? verdict(prediction, YEARS[poster]) : [element("p", { className: "quiet" }, whyNone(poster))]))),
    ...(prediction ? [curveFigure(prediction, YEARS[poster])] : []),
    element("h3", {}, "Nearest posters ", element("small", {}, TILES ? "with cosine similarity" : "click one to go there")),
    element("div", { className: "posters" }, ...near),
    ...(twins.length ? [element("h3", {}, "Near-duplicates"), ...twins.map(duplicatePair)] : []),
  ];
}

function verdict(prediction, year) {
  const error = prediction.year - year;
  const inside = prediction.low <= year && year <= prediction.high;
  return [
    element("p", {}, "predicted ", element("b", { className: "predicted" }, prediction.year), `, ${errorInWords(error)}`),
    element("p", { className: "quiet" },
      `${Math.round(100 * DATA.level)}% interval ${prediction.low}–${prediction.high}${inside ? "" : ", which misses the year"}. ` +
      `${prediction.test === "natural" ? "Natural" : "Balanced"} test: not trained on.`),
  ];
}

function whyNone(poster) {
  return {
    train: "The model was trained on this poster, so no prediction is shown.",
    excluded: "Neither trained nor tested on: a test has a film of this title or with this picture.",
  }[DATA.partNames[PARTS[poster]]];
}

/** A switch: one button of several is pressed. */
function choices(names, chosen, onchange) {
  return names.map((name) => button(name, () => onchange(name), { ariaPressed: String(name === chosen) }));
}

function curveFigure(prediction, year) {
  const prior = element("div", { className: "switch", role: "group", ariaLabel: "Prior" },
    ...choices(Object.keys(DATA.priors), prediction.prior, (name) => { state.prior = name; refresh(); }));
  const key = { posterior: "posterior", interval: "interval", median: "predicted", prior: "prior", "true-year": "true year" };
  return element("figure", { className: "probabilities" },
    element("figcaption", {}, element("h3", {}, "Probability of each year"), element("span", { className: "quiet" }, "prior ", prior)),
    curve(prediction, year),
    element("ul", { className: "legend" }, ...Object.entries(key).map(([kind, text]) =>
      element("li", {}, element("i", { className: kind }), text))));
}

/** The curve of `posters.app.year_curve`, drawn here: in the page it would take far more room. */
function curve({ probabilities, prior, firstYear, year: median, low, high }, year) {
  const [width, height, top] = [480, 200, 22];
  const last = firstYear + probabilities.length - 1;
  const most = 1.1 * Math.max(...probabilities, ...DATA.priors[prior]);
  const across = (value) => ((value - firstYear) / Math.max(last - firstYear, 1)) * (width - 16) + 8;
  const up = (value) => height - 20 - (value / most) * (height - 20 - top);
  const points = (values, from, to) => values.map((value, place) => [firstYear + place, value])
    .filter(([at]) => at >= from && at <= to).map(([at, value]) => `${across(at).toFixed(1)},${up(value).toFixed(1)}`);
  const drawing = (name, attributes, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(text);
    return made;
  };
  const area = (from, to) => drawing("polygon", {
    class: from === firstYear ? "outside" : "inside",
    points: [`${across(from)},${up(0)}`, ...points(probabilities, from, to), `${across(to)},${up(0)}`].join(" "),
  });
  const mark = (at, kind) => drawing("polyline", { class: kind, points: `${across(at)},${top} ${across(at)},${up(0)}` });
  const text = (at, from, words) => drawing("text", {
    x: Math.min(Math.max(across(at), 16), width - 16), y: from, "text-anchor": "middle" }, words);
  const svg = drawing("svg", {
    class: "chart", role: "img", viewBox: `0 0 ${width} ${height}`,
    "aria-label": `Probability of each year: median ${median}, interval ${low} to ${high}; true year ${year}`,
  });
  const step = last - firstYear > 60 ? 20 : 10;
  for (let at = Math.ceil(firstYear / step) * step; at <= last; at += step) svg.append(text(at, height - 4, at));
  svg.append(
    area(firstYear, last), area(Math.max(low, firstYear), Math.min(high, last)),
    drawing("polyline", { class: "prior", points: points(DATA.priors[prior], firstYear, last).join(" ") }),
    drawing("polyline", { class: "blue curve", points: points(probabilities, firstYear, last).join(" ") }),
    mark(year, "true-year"), mark(median, "median"),
  );
  return svg;
}

function listOf({ heading, posters }) {
  const grid = element("div", { className: "posters" });
  const more = button("", () => add(), { className: "more" });
  let shown = 0;
  function add() {
    grid.append(...posters.slice(shown, shown + AT_ONCE).map((poster) => {
      const prediction = predictionOf(poster);
      return posterLink(poster, prediction ? ` → ${prediction.year}` : "");
    }));
    shown = Math.min(shown + AT_ONCE, posters.length);
    more.hidden = shown === posters.length;
    more.textContent = `Show ${Math.min(AT_ONCE, posters.length - shown)} more of ${posters.length}`;
  }
  add();
  return [
    element("nav", {}, button("×", () => setList(null), { className: "close", ariaLabel: "Close the list" })),
    element("h2", {}, heading, " ", element("small", {}, posters.length === 1 ? "1 poster" : `${posters.length.toLocaleString("en")} posters`)),
    ...(posters.length ? [grid, more] : [element("p", { className: "quiet" }, "No poster.")]),
  ];
}

function about() {
  const quality = DATA.quality, percent = (share) => `${Math.round(100 * share)}%`;
  const caveats = Object.entries(DATA.caveats);
  return [
    element("h2", {}, "Posters that look alike are near each other"),
    ...caveats.map(([name, meaning]) => element("p", { className: "notice" }, element("b", {}, `${name}. `), meaning)),
    element("p", {}, `${TILES ? "Zoom in to see the pictures. " : ""}Click a poster to see it up close with its nearest posters, ` +
      "and go on from one to the next. The slider shows one year after the other."),
    element("p", {}, "Predictions are shown for test posters, which the model was not trained on."),
    element("p", {}, `Of the ${NEAREST.length / COUNT} nearest posters of each, ${percent(quality.within_10)} are at most 10 years older or newer ` +
      `(of any two posters, ${percent(quality.within_10_chance)}). The median difference is ${quality.median_gap} years (of any two, ${quality.median_gap_chance}).`),
    ...(TILES ? [element("p", {}, element("a", { href: "report.html" }, "The report"), " has the figures of this run.")] : []),
    element("p", { className: "keys" }, ...["drag, wheel, pinch|move and zoom", "← ↑ → ↓|the nearest poster that way", "+ − 0|zoom, show all", "/|search", "Esc|back"]
      .flatMap((line) => [element("kbd", {}, line.split("|")[0]), element("span", {}, line.split("|")[1])])),
    element("p", { className: "quiet" }, "The map is t-SNE of the first 50 principal components of the network's features: " +
      "near means alike, but far distances mean little. Later years are to the right, as far as that is possible."),
  ];
}

/** Two posters side by side with the reason why one is a duplicate of the other. */
function duplicatePair([one, other, similarity, reason]) {
  const known = (poster) => posterLink(poster);
  const refused = ({ imdb_id: id, year }) => element("span", { className: "poster" }, card(id, year), element("small", {}, "refused ", titlePage(id.slice(2))));
  return element("figure", { className: "pair" },
    one === null ? "" : known(one),
    typeof other === "number" ? known(other) : refused(other),
    element("figcaption", {}, reason, similarity === null ? "" : element("small", {}, ` Similarity ${similarity.toFixed(2)}`)));
}
