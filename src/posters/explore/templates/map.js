// Drawing the posters on the canvas.

const context = canvas.getContext("2d");
const PICTURE_WIDTH = 22; // pixels, from which coloured dots become pictures
let colours = [], numbers = [], byColour = [], frame = 0;
// Where drawing takes long, as without a graphics processor, a moving map is a moved picture of
// itself until it rests.
let slow = false, travelling = false, resting = 0, drawnAt = null, photograph = null;

function recolour() {
  colours = colourScale();
  numbers = colourNumbers(colours.length);
  byColour = [...ALL].sort((one, other) => numbers[one] - numbers[other]);
  redraw();
}

function redraw() {
  frame ||= requestAnimationFrame(draw);
}

function draw(now) {
  frame = 0;
  const isQuick = travelling && slow && drawnAt?.layout === layout;
  travelling = false;
  if (isQuick) return drawPhotograph();
  [photograph, drawnAt] = [null, { ...camera, layout }];
  requestAnimationFrame((next) => { slow = next - now > 30; });
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

function drawPhotograph() {
  if (!photograph) {
    photograph = element("canvas", { width: canvas.width, height: canvas.height });
    photograph.getContext("2d").drawImage(canvas, 0, 0);
  }
  const { width, height } = room, grown = camera.scale / drawnAt.scale;
  context.clearRect(0, 0, width, height);
  context.drawImage(
    photograph,
    width / 2 * (1 - grown) + (drawnAt.x - camera.x) * camera.scale,
    height / 2 * (1 - grown) + (drawnAt.y - camera.y) * camera.scale,
    width * grown, height * grown,
  );
  clearTimeout(resting);
  resting = setTimeout(redraw, 120);
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
  const tile = pictureOf(poster, size * devicePixelRatio);
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
