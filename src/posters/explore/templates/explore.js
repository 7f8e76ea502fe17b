// The page: views, timeline, search, pointer and keys.

const tooltip = document.getElementById("tooltip");
const status = document.getElementById("status");
const slider = document.querySelector("#timeline input");
const search = document.querySelector("#search input");

/** Open a poster up close, or close it: the address names it, so that the browser's Back works. */
function choose(poster) {
  if (poster === null) {
    history.pushState(null, "", " ");
    followAddress();
  } else location.hash = titleId(DATA.ids[poster]);
}

function followAddress() {
  const poster = PLACE_OF.get(Number(location.hash.replace("#tt", ""))) ?? null;
  const before = state.poster;
  state.poster = poster;
  if (poster === before) return;
  tooltip.hidden = true;
  if (poster !== null) {
    const prediction = predictionOf(poster);
    status.textContent = named(poster) + (prediction ? `, predicted ${prediction.year}` : "");
    if (!isTable()) bringIntoView(poster, document.activeElement !== canvas && !layout.cell);
    // Of a link in the panel nothing is left.
    if (panel.contains(document.activeElement)) panel.focus({ preventScroll: true });
  }
  showPanel();
  redraw();
}

/** List posters and highlight them; null for all. */
function setList(heading, posters) {
  state.list = heading === null ? null : { heading, posters, marked: new Uint8Array(COUNT) };
  for (const poster of posters ?? []) state.list.marked[poster] = 1;
  if (state.list) status.textContent = `${heading}: ${posters.length} posters`;
  if (heading === null || !/^\d{4}$/.test(heading)) showYear(null);
  if (heading === null) search.value = "";
  if (state.poster !== null && heading !== null) choose(null);
  showPanel();
  redraw();
}

function isTable() {
  return state.view === "Confusion" || state.view === "Duplicates";
}

function changeView(name) {
  state.view = name;
  document.body.classList.toggle("table", isTable());
  for (const table of ["Confusion", "Duplicates"]) document.getElementById(table.toLowerCase()).hidden = name !== table;
  for (const part of ["colours", "zoom"]) document.getElementById(part).hidden = isTable();
  if (!isTable()) changeLayout(name);
  else {
    if (state.poster !== null) choose(null);
    setList(null);
  }
  refresh();
}

/** Draw again what depends on the choices. */
function refresh() {
  const views = ["Map", "Years", "Confusion", ...(DATA.duplicates.length ? ["Duplicates"] : [])];
  document.getElementById("views").replaceChildren(...choices(views, state.view, changeView));
  const shows = [...(TILES ? ["Pictures"] : []), "Year", "Error"];
  document.getElementById("show").replaceChildren(...choices(shows, state.show, (name) => { state.show = name; refresh(); }));
  recolour();
  const scale = document.getElementById("scale");
  scale.hidden = state.show === "Pictures";
  const ends = state.show === "Error"
    ? [`${MAX_ERROR} years too old`, "right", `${MAX_ERROR} too recent`] : [FIRST, `half before ${medianYear()}`, LAST];
  const bar = element("i");
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  scale.replaceChildren(bar, ...ends.map((end) => element("span", {}, end)));
  if (state.view === "Confusion") showConfusion();
  if (state.view === "Duplicates") showDuplicates();
  showPanel();
}

function showYear(year) {
  const [output, all] = [document.querySelector("#timeline output"), document.querySelector("#timeline button")];
  output.textContent = year ?? `${FIRST} – ${LAST}`;
  slider.classList.toggle("idle", year === null);
  all.hidden = year === null;
}

function pickYear() {
  const year = Number(slider.value);
  showYear(year);
  setList(String(year), BY_YEAR.get(year) ?? []);
  const middle = (year - FIRST + 0.5) / (LAST - FIRST + 1);
  if (layout.cell && !isTable() && camera.scale > 1.5 * wholeLayout().scale) setCamera({ x: middle });
}

function startTimeline() {
  const bars = [];
  for (let year = FIRST; year <= LAST; year++) {
    const bar = element("i");
    bar.style.height = `${(100 * (BY_YEAR.get(year)?.length ?? 0)) / MOST_OF_A_YEAR}%`;
    bars.push(bar);
  }
  document.querySelector("#timeline .histogram").prepend(element("div", { className: "bars", ariaHidden: "true" }, ...bars));
  [slider.min, slider.max, slider.value] = [FIRST, LAST, Math.round((FIRST + LAST) / 2)];
  slider.addEventListener("input", pickYear);
  document.querySelector("#timeline button").addEventListener("click", () => setList(null));
  showYear(null);
}

let foldedTitles = null;

function startSearch() {
  const find = () => {
    const words = folded(search.value);
    foldedTitles ??= DATA.titles.map(folded);
    if (!words) return setList(null);
    const begins = (poster) => !foldedTitles[poster].startsWith(words);
    const found = ALL.filter((poster) => foldedTitles[poster].includes(words));
    found.sort((one, other) => begins(one) - begins(other) || foldedTitles[one].length - foldedTitles[other].length || YEARS[one] - YEARS[other]);
    setList(`“${search.value.trim()}”`, found);
  };
  search.addEventListener("input", find);
  search.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (state.list?.posters.length) choose(state.list.posters[0]);
  });
}

function startPointers() {
  const pointers = new Map();
  let travelled = 0;
  const at = (event) => [event.offsetX, event.offsetY];
  const zoomAt = ([left, top], factor) => {
    const before = camera.scale;
    const [dx, dy] = [left - room.width / 2, top - room.height / 2];
    const [overX, overY] = [camera.x + dx / before, camera.y + dy / before];
    setCamera({ scale: before * factor });
    setCamera({ x: overX - dx / camera.scale, y: overY - dy / camera.scale });
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    moving++;
    travelled = pointers.size > 1 ? Infinity : 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return hover(event);
    const now = at(event);
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    pointers.set(event.pointerId, now);
    travelled += Math.hypot(now[0] - last[0], now[1] - last[1]);
    if (others.length) {
      const apart = ([left, top]) => Math.hypot(left - others[0][0], top - others[0][1]);
      zoomAt([(now[0] + others[0][0]) / 2, (now[1] + others[0][1]) / 2], apart(now) / Math.max(apart(last), 1));
    } else if (travelled > 4) {
      setCamera({ x: camera.x - (now[0] - last[0]) / camera.scale, y: camera.y - (now[1] - last[1]) / camera.scale });
    }
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => {
    pointers.delete(event.pointerId);
    canvas.focus({ preventScroll: true });
    if (end === "pointerup" && travelled <= 4) {
      const poster = nearestTo(...at(event));
      if (poster !== null) choose(poster);
    }
  });
  const hover = (event) => {
    const poster = event.pointerType === "mouse" ? nearestTo(...at(event)) : null;
    tooltip.hidden = poster === null;
    canvas.style.cursor = poster === null ? "grab" : "pointer";
    if (poster === null) return;
    tooltip.textContent = named(poster);
    const [left, top] = onScreen(poster);
    tooltip.style.transform = `translate(${Math.min(left + 12, room.width - tooltip.offsetWidth - 8)}px, ${Math.max(top - 34, 4)}px)`;
  };
  canvas.addEventListener("pointerleave", () => { tooltip.hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    tooltip.hidden = true;
    moving++;
    zoomAt(at(event), Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : event.deltaMode ? 0.06 : 0.0018)));
  }, { passive: false });
  const [closer, away, all] = document.querySelectorAll("#zoom button");
  closer.addEventListener("click", () => moveCamera({ scale: 1.8 * camera.scale }, 250));
  away.addEventListener("click", () => moveCamera({ scale: Math.max(camera.scale / 1.8, 0.8 * wholeLayout().scale) }, 250));
  all.addEventListener("click", showAll);
}

function startKeys() {
  document.addEventListener("keydown", (event) => {
    const onMap = [canvas, document.body].includes(document.activeElement) && !isTable();
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "/" && document.activeElement !== search) {
      search.focus();
      search.select();
    } else if (event.key === "Escape") {
      if (document.activeElement === search) canvas.focus();
      if (state.poster !== null) choose(null);
      else if (state.list) setList(null);
      else if (isTable()) changeView("Map");
      else showAll();
    } else if (!onMap || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (arrow) {
      const next = state.poster === null
        ? nearestTo(room.width / 2, room.height / 2, Infinity) : nearestTowards(state.poster, ...arrow);
      if (next !== null) choose(next);
    } else if (event.key === "+" || event.key === "=") moveCamera({ scale: 1.5 * camera.scale }, 200);
    else if (event.key === "-") moveCamera({ scale: camera.scale / 1.5 }, 200);
    else if (event.key === "0") showAll();
    else return;
    event.preventDefault();
  });
}

new ResizeObserver(() => {
  const first = room.width === 1;
  [room.width, room.height] = [canvas.clientWidth, canvas.clientHeight];
  if (!room.width) return;
  if (first || camera.scale < 1.2 * wholeLayout().scale) setCamera(wholeLayout());
  if (first && state.poster !== null) bringIntoView(state.poster, true);
  redraw();
}).observe(canvas);
dark.addEventListener("change", refresh);
addEventListener("hashchange", followAddress);
addEventListener("popstate", followAddress);
state.show = TILES ? "Pictures" : "Year";
startTimeline();
startSearch();
startPointers();
startKeys();
refresh();
followAddress();
canvas.ariaBusy = "true";
loadAtlases(redraw).then(() => { canvas.ariaBusy = "false"; });
