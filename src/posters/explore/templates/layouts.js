// The map and the columns of years: two layouts of the same posters, and the camera over them.

const canvas = document.getElementById("map");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const MAX_WIDTH = 260;

const LAYOUTS = { Map: mapLayout(), Years: yearsLayout() };
let layout = LAYOUTS.Map;
const x = Float32Array.from(layout.x);
const y = Float32Array.from(layout.y);
// The centre of the window in units of the layout, pixels a unit, and the width of a poster.
const camera = { x: 0, y: 0, scale: 1, width: 4 };
const room = { width: 1, height: 1 }; // of the canvas
let moving = 0; // counts motions: a newer one ends an older one

/** Posters where t-SNE put them. */
function mapLayout() {
  const along = (axis) => Float32Array.from(ALL, (poster) => POSITIONS[2 * poster + axis] / 65535);
  return bounded({ x: along(0), y: along(1), cell: null });
}

/** Posters in a column for each year, a column being so many posters wide that all fit well. */
function yearsLayout() {
  const span = LAST - FIRST + 1;
  const wide = Math.max(1, Math.round(Math.sqrt((1.5 * MOST_OF_A_YEAR) / (0.5 * span))));
  const cell = 1 / (wide * span);
  const places = { x: new Float32Array(COUNT), y: new Float32Array(COUNT), cell };
  for (const [year, posters] of BY_YEAR) {
    const upwards = posters.toSorted((one, other) => POSITIONS[2 * other + 1] - POSITIONS[2 * one + 1]);
    upwards.forEach((poster, place) => {
      places.x[poster] = (year - FIRST) / span + ((place % wide) + 0.5) * cell;
      places.y[poster] = -(Math.floor(place / wide) + 0.5) * 1.5 * cell;
    });
  }
  return { ...bounded(places), left: 0, right: 1, bottom: 0 };
}

function bounded(places) {
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
  travelling = true;
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
  const margin = 14;
  const inside = left > margin && top > margin
    && left < room.width - margin && top < room.height - margin;
  const scale = closer ? Math.max(camera.scale, 3 * wholeLayout().scale) : camera.scale;
  if (!inside || scale > camera.scale) moveCamera({ x: layout.x[poster], y: layout.y[poster], scale });
}

/** The nearest poster of those that are not greyed out, at most so many pixels away. */
function nearestTo(left, top, least = Math.max(camera.width * 1.1, 14)) {
  let best = null;
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
