// The map and the columns of years: two layouts of the same posters on one canvas.

const canvas = document.getElementById("map");
const context = canvas.getContext("2d");
const tooltip = document.getElementById("tooltip");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const PICTURE_WIDTH = 22; // pixels, from which coloured dots become pictures
const MAX_WIDTH = 260;

const LAYOUTS = { Map: mapLayout(), Years: yearsLayout() };
let layout = LAYOUTS.Map;
const x = Float32Array.from(layout.x);
const y = Float32Array.from(layout.y);
// The centre of the window in units of the layout, pixels a unit, and the width of a poster.
const camera = { x: 0, y: 0, scale: 1, width: 4 };
const room = { width: 1, height: 1 }; // of the canvas
let colours = [], numbers = [], byColour = [], frame = 0, moving = 0;

/** Posters where t-SNE put them. */
function mapLayout() {
  const places = { x: new Float32Array(COUNT), y: new Float32Array(COUNT), cell: null };
  for (const poster of ALL) {
    places.x[poster] = POSITIONS[2 * poster] / 65535;
    places.y[poster] = POSITIONS[2 * poster + 1] / 65535;
  }
  return bounded(places);
}

/** Posters in a column for each year, a column being so many posters wide that all fit well. */
function yearsLayout() {
  const byYear = new Map();
  for (const poster of ALL) byYear.set(YEARS[poster], [...(byYear.get(YEARS[poster]) ?? []), poster]);
  const most = Math.max(...[...byYear.values()].map((posters) => posters.length));
  const span = LAST - FIRST + 1;
  const wide = Math.max(1, Math.round(Math.sqrt((1.5 * most) / (0.5 * span))));
  const cell = 1 / (wide * span);
  const places = { x: new Float32Array(COUNT), y: new Float32Array(COUNT), cell };
  for (const [year, posters] of byYear) {
    posters.sort((one, other) => POSITIONS[2 * other + 1] - POSITIONS[2 * one + 1]);
    posters.forEach((poster, place) => {
      places.x[poster] = (year - FIRST) / span + ((place % wide) + 0.5) * cell;
      places.y[poster] = -(Math.floor(place / wide) + 0.5) * 1.5 * cell;
    });
  }
  return { ...bounded(places), left: 0, right: 1, bottom: 0 };
}

function bounded(places) {
  const least = (values) => values.reduce((one, other) => Math.min(one, other));
  const most = (values) => values.reduce((one, other) => Math.max(one, other));
  return {
    ...places, left: least(places.x), right: most(places.x), top: least(places.y), bottom: most(places.y),
  };
}

/** Scale and centre at which all posters are in the window. */
function wholeLayout() {
  const [top, bottom] = [layout.cell ? 64 : 28, layout.cell ? 36 : 28]; // for the switch, the years
  const [width, height] = [room.width - 56, room.height - top - bottom];
  const scale = Math.min(
    width / Math.max(layout.right - layout.left, 1e-6), height / Math.max(layout.bottom - layout.top, 1e-6),
  );
  return {
    x: (layout.left + layout.right) / 2,
    y: (layout.top + layout.bottom) / 2 - (top - bottom) / 2 / scale,
    scale: Math.max(scale, 1),
  };
}

/** On the map, posters grow more slowly than the distances between them. */
function widthAt(scale) {
  if (layout.cell) return 0.94 * layout.cell * scale;
  const whole = wholeLayout().scale;
  const first = Math.min(Math.max((TILES ? 0.95 : 0.6) * Math.sqrt((0.6 * whole * whole) / COUNT), 2.2), 18);
  return first * (scale / whole) ** 0.72;
}

function setCamera(changes) {
  Object.assign(camera, changes);
  const whole = wholeLayout().scale;
  while (camera.scale > whole && widthAt(camera.scale) > MAX_WIDTH) camera.scale *= 0.95;
  camera.scale = Math.max(camera.scale, 0.6 * whole);
  camera.x = Math.min(Math.max(camera.x, layout.left), layout.right);
  camera.y = Math.min(Math.max(camera.y, layout.top), layout.bottom);
  camera.width = widthAt(camera.scale);
  redraw();
}

/** Call `step` with 0 to 1 for some milliseconds; a newer motion ends an older one. */
function move(milliseconds, step) {
  const number = ++moving;
  if (still.matches || document.hidden) return step(1);
  const start = performance.now();
  const next = (now) => {
    if (number !== moving) return;
    const share = Math.min(Math.max((now - start) / milliseconds, 0), 1);
    step(share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2);
    if (share < 1) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

function moveCamera(target, milliseconds = 450) {
  const from = { ...camera };
  const to = { ...from, ...target };
  move(milliseconds, (share) => setCamera({
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
    scale: from.scale * (to.scale / from.scale) ** share,
  }));
}

function showAll() {
  moveCamera(wholeLayout());
}

function changeLayout(name) {
  if (layout === LAYOUTS[name]) return;
  const from = { ...camera, xs: Float32Array.from(x), ys: Float32Array.from(y) };
  layout = LAYOUTS[name];
  const to = wholeLayout();
  to.width = widthAt(to.scale);
  move(900, (share) => {
    for (const key of ["x", "y", "scale", "width"]) camera[key] = from[key] + (to[key] - from[key]) * share;
    for (const poster of ALL) {
      x[poster] = from.xs[poster] + (layout.x[poster] - from.xs[poster]) * share;
      y[poster] = from.ys[poster] + (layout.y[poster] - from.ys[poster]) * share;
    }
    redraw();
  });
}

function onScreen(poster) {
  return [
    (x[poster] - camera.x) * camera.scale + room.width / 2,
    (y[poster] - camera.y) * camera.scale + room.height / 2,
  ];
}

/** Move the window to a poster unless it is well inside. */
function bringIntoView(poster, closer) {
  const [left, top] = onScreen(poster);
  const margin = 50;
  const inside = left > margin && top > margin
    && left < room.width - margin && top < room.height - margin;
  const scale = closer ? Math.max(camera.scale, 3 * wholeLayout().scale) : camera.scale;
  if (!inside || scale > camera.scale) moveCamera({ x: layout.x[poster], y: layout.y[poster], scale });
}

function nearestTo(left, top) {
  let best = null, least = Math.max(camera.width * 1.1, 14);
  for (const poster of ALL) {
    const [postersLeft, postersTop] = onScreen(poster);
    const distance = Math.hypot(postersLeft - left, (postersTop - top) / 1.2);
    if (distance < least && (!state.list || state.list.marked[poster])) [best, least] = [poster, distance];
  }
  return best;
}

/** The nearest poster in the direction of an arrow key. */
function nearestTowards(poster, right, down) {
  let best = null, least = Infinity;
  for (const other of ALL) {
    const [dx, dy] = [layout.x[other] - layout.x[poster], layout.y[other] - layout.y[poster]];
    const [along, aside] = [dx * right + dy * down, Math.abs(dx * down) + Math.abs(dy * right)];
    if (along <= 0 || aside > 1.2 * along) continue;
    const distance = along + 2 * aside;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

function recolour() {
  colours = colourScale();
  numbers = colourNumbers(colours.length);
  byColour = [...ALL].sort((one, other) => numbers[one] - numbers[other]);
  redraw();
}

function redraw() {
  frame ||= requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  const ratio = devicePixelRatio;
  const { width, height } = room;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.imageSmoothingQuality = "medium";
  if (layout.cell) drawYears(height);
  const pictures = TILES && (state.show === "Pictures" || camera.width >= PICTURE_WIDTH);
  const marked = state.list?.marked;
  if (marked) drawPosters(pictures, (poster) => !marked[poster], camera.width, 0.13);
  drawPosters(pictures, marked ? (poster) => marked[poster] : () => true, marked ? widthOfMarked() : camera.width, 1);
  if (state.poster !== null) drawSelection(state.poster);
}

/** A few posters among many are drawn larger. */
function widthOfMarked() {
  const few = !layout.cell && state.list.posters.length < 200;
  return few ? Math.max(camera.width, Math.min(2.2 * camera.width, 20)) : camera.width;
}

function drawPosters(pictures, isDrawn, size, alpha) {
  context.globalAlpha = alpha;
  const tall = layout.cell || pictures ? 1.5 * size : size;
  const [right, bottom] = [room.width + size, room.height + tall];
  const round = !layout.cell && !pictures && size > 4;
  let number = null;
  for (const poster of pictures ? ALL : byColour) {
    const left = (x[poster] - camera.x) * camera.scale + room.width / 2;
    const top = (y[poster] - camera.y) * camera.scale + room.height / 2;
    if (left < -size || top < -tall || left > right || top > bottom || !isDrawn(poster)) continue;
    if (pictures) {
      drawPicture(poster, left, top, size);
      continue;
    }
    if (numbers[poster] !== number) {
      if (round && number !== null) context.fill();
      number = numbers[poster];
      context.fillStyle = number < 0 ? css("line") : colours[number];
      context.beginPath();
    }
    if (round) {
      context.moveTo(left + size / 2, top);
      context.arc(left, top, size / 2, 0, 7);
    } else context.fillRect(left - size / 2, top - tall / 2, size, tall);
  }
  if (round) context.fill();
  context.globalAlpha = 1;
}

function drawPicture(poster, left, top, size) {
  const tile = pictureOf(poster, size * devicePixelRatio, redraw);
  const place = [left - size / 2, top - 0.75 * size, size, 1.5 * size];
  if (!tile) {
    context.fillStyle = colours[numbers[poster]] ?? css("line"); // until the atlas is loaded
    context.fillRect(...place);
  } else context.drawImage(tile.image, tile.x, tile.y, tile.width, tile.height, ...place);
}

/** The years below the columns: as many as have room. */
function drawYears(height) {
  const span = LAST - FIRST + 1;
  const step = [1, 2, 5, 10, 20, 50].find((years) => (years * camera.scale) / span > 44) ?? 100;
  const base = Math.min((0 - camera.y) * camera.scale + height / 2 + 16, height - 8);
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillStyle = css("quiet");
  for (let year = Math.ceil(FIRST / step) * step; year <= LAST; year += step) {
    const left = ((year - FIRST + 0.5) / span - camera.x) * camera.scale + room.width / 2;
    context.fillText(year, left, base);
  }
}

/** The chosen poster with lines to its neighbours. */
function drawSelection(poster) {
  const [left, top] = onScreen(poster);
  const near = neighboursOf(poster).map((neighbour) => neighbour.poster);
  context.strokeStyle = css("orange");
  context.lineWidth = 1.25;
  context.beginPath();
  for (const other of near) {
    context.moveTo(left, top);
    context.lineTo(...onScreen(other));
  }
  context.stroke();
  for (const other of near) framed(other, Math.max(camera.width, TILES ? 20 : 8), 1.25);
  framed(poster, Math.max(camera.width, TILES ? 40 : 13), 3);
}

function framed(poster, size, line) {
  const [left, top] = onScreen(poster);
  context.beginPath();
  context.lineWidth = line;
  if (TILES) {
    drawPicture(poster, left, top, size);
    context.rect(left - size / 2, top - 0.75 * size, size, 1.5 * size);
  } else {
    context.arc(left, top, size / 2, 0, 7);
    context.fillStyle = css("paper");
    context.fill();
  }
  context.stroke();
}
