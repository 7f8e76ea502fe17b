// The posters and what is known of them. A poster is a number: its place in all lists.

const DATA = JSON.parse(document.getElementById("data").textContent);
const COUNT = DATA.titles.length;

function unpack(text, kind) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = letters.charCodeAt(at);
  const type = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f4: Float32Array }[kind];
  return new type(bytes.buffer);
}

const PLACES = COUNT <= 65536 ? "u2" : "u4";
const YEARS = unpack(DATA.years, "u2");
const POSITIONS = unpack(DATA.positions, "u2");
const NEAREST = unpack(DATA.nearest, PLACES);
const SIMILARITIES = unpack(DATA.similarities, "u1");
const PARTS = unpack(DATA.parts, "u1");
const least = (values) => values.reduce((one, other) => Math.min(one, other));
const most = (values) => values.reduce((one, other) => Math.max(one, other));
const [FIRST, LAST] = [least(YEARS), most(YEARS)];
const PLACE_OF = new Map(DATA.ids.map((id, poster) => [id, poster]));
const ALL = Array.from({ length: COUNT }, (_, poster) => poster);
const BY_YEAR = Map.groupBy(ALL, (poster) => YEARS[poster]);
const MOST_OF_A_YEAR = Math.max(...[...BY_YEAR.values()].map((posters) => posters.length));

const TESTS = Object.entries(DATA.tests).map(([name, { rows, byPrior }]) => {
  for (const found of Object.values(byPrior)) {
    const kinds = { year: "u2", low: "u2", high: "u2", peak: "f4", curve: "u1" };
    for (const [key, kind] of Object.entries(kinds)) found[key] = unpack(found[key], kind);
  }
  return { name, posters: unpack(rows, PLACES), byPrior };
});
const TESTED = new Map(
  TESTS.flatMap((test) => [...test.posters].map((poster, row) => [poster, { test, row }])),
);

// What the visitor chose. `list` has the posters that are listed and highlighted, or is null;
// `prior` is null for the prior that matches the test of each poster.
const state = {
  view: "Map", show: "Year", poster: null, list: null, test: "balanced", prior: null,
};

function titleId(id) {
  return "tt" + String(id).padStart(7, "0");
}

function named(poster) {
  return `${DATA.titles[poster]} (${YEARS[poster]})`;
}

function neighboursOf(poster) {
  const each = NEAREST.length / COUNT;
  return Array.from({ length: each }, (_, rank) => ({
    poster: NEAREST[poster * each + rank],
    similarity: SIMILARITIES[poster * each + rank] / 100,
  }));
}

/** The prediction for a test poster; null for any other. */
function predictionOf(poster) {
  const tested = TESTED.get(poster);
  if (!tested) return null;
  const { test, row } = tested;
  const prior = state.prior ?? DATA.priorOf[test.name];
  const found = test.byPrior[prior];
  const size = found.curve.length / test.posters.length;
  return {
    test: test.name, prior, firstYear: found.firstYear,
    year: found.year[row], low: found.low[row], high: found.high[row],
    probabilities: Array.from(
      found.curve.subarray(row * size, (row + 1) * size),
      (value) => (value / 255) * found.peak[row],
    ),
  };
}

function errorInWords(error) {
  if (!error) return "exactly right";
  const years = Math.abs(error) === 1 ? "1 year" : `${Math.abs(error)} years`;
  return `${years} too ${error > 0 ? "recent" : "old"}`;
}

/** Text without case, accents, punctuation and a first article, for the search. */
function folded(text) {
  const letters = text.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  return letters.replace(/[^\p{L}\p{N}]+/gu, " ").trim().replace(/^(the|an?) (?=.)/, "");
}

// Colours: each poster has one of a few, so that all posters of a colour are drawn at once.

const dark = matchMedia("(prefers-color-scheme: dark)");
const MAX_ERROR = 40;

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The colours of the years or of the errors, from left to right in the legend. */
function colourScale() {
  if (state.show !== "Error") return dark.matches ? DATA.yearColours.slice(14) : DATA.yearColours.slice(0, 56);
  const half = (end) => Array.from({ length: 12 }, (_, step) => `color-mix(in srgb, ${end} ${(100 * step) / 11}%, ${css("green")})`);
  return [...half(css("blue")).reverse().slice(0, -1), ...half(css("orange"))];
}

// The share of posters that are earlier, by year: where most are recent, these differ in colour too.
const EARLIER = new Map();
[...YEARS].sort().forEach((year, place) => { if (!EARLIER.has(year)) EARLIER.set(year, place / COUNT); });

function medianYear() {
  return [...EARLIER].findLast(([, share]) => share <= 0.5)[0];
}

/** The colour number of each poster; -1 where there is no prediction. */
function colourNumbers(size) {
  return ALL.map((poster) => {
    let share = EARLIER.get(YEARS[poster]);
    if (state.show === "Error") {
      const prediction = predictionOf(poster);
      if (!prediction) return -1;
      share = 0.5 + (prediction.year - YEARS[poster]) / (2 * MAX_ERROR);
    }
    return Math.round(Math.min(Math.max(share, 0), 1) * (size - 1));
  });
}

// Pictures: tiles of atlases. Zoomed out, small copies are drawn, which takes far less time. The
// browser itself forgets decoded pictures when memory is short.

const ATLASES = [...document.querySelectorAll("script.atlas")];
const TILES = DATA.atlas ? DATA.atlas.columns ** 2 : 0;
const addresses = [];
const atlases = []; // each as it is, and small: { large, small, tile }, where `tile` is a small width

function atlasAddress(number) {
  if (!addresses[number]) {
    const script = ATLASES[number];
    const blob = new Blob([unpack(script.textContent, "u1")], { type: "image/jpeg" });
    addresses[number] = URL.createObjectURL(blob);
    script.remove();
  }
  return addresses[number];
}

/** Where the picture of a poster is: an image and its tile's place and size; null until loaded. */
function pictureOf(poster, width) {
  const atlas = atlases[Math.floor(poster / TILES)];
  if (!atlas) return null;
  const isSmall = width <= 1.25 * atlas.tile;
  const tile = isSmall ? atlas.tile : DATA.atlas.width;
  const place = poster % TILES;
  return {
    image: isSmall ? atlas.small : atlas.large, width: tile, height: 1.5 * tile,
    x: (place % DATA.atlas.columns) * tile,
    y: Math.floor(place / DATA.atlas.columns) * 1.5 * tile,
  };
}

async function loadAtlases(whenLoaded) {
  const shrink = Math.max(Math.round(DATA.atlas?.width / 32), 1);
  for (const number of ATLASES.keys()) {
    const large = new Image();
    large.src = atlasAddress(number);
    await large.decode();
    const small = document.createElement("canvas");
    small.width = large.naturalWidth / shrink;
    small.height = large.naturalHeight / shrink;
    const context = small.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(large, 0, 0, small.width, small.height);
    atlases[number] = { large, small, tile: DATA.atlas.width / shrink };
    whenLoaded();
  }
}
