// A small map: one WMS picture that is dragged, pinched and zoomed, and asked for anew when it comes to rest.

const REST = 180; // milliseconds without movement before the next picture is asked for
const FINEST = 0.05; // metres a pixel
const BARS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

export class SampleMap {
  #box;
  #url;
  #scale;
  #crs;
  #extent;
  #centre = [0, 0];
  #resolution = 1; // metres a pixel
  #layers = [];
  #image = null;
  #shown = null; // the view that the picture on the screen has
  #timer = 0;
  #latest = null; // the picture asked for last
  #pointers = new Map();
  #moved = false;
  #onAsk;
  #all = false; // nobody has moved the map since all of it was shown

  /** Draws into `box` what the WMS at `url` has; `onAsk(query)` is told of clicks. */
  constructor(box, scale, url, onAsk) {
    this.#box = box;
    this.#scale = scale;
    this.#url = url;
    this.#onAsk = onAsk;
    box.addEventListener("pointerdown", (event) => this.#down(event));
    box.addEventListener("pointermove", (event) => this.#move(event));
    box.addEventListener("pointerup", (event) => this.#up(event));
    box.addEventListener("pointercancel", (event) => this.#forget(event));
    box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    box.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => (this.#all ? this.showAll() : this.#changed())).observe(box);
  }

  /** The whole map is [west, south, east, north] in a plane system; shows it all the first time. */
  setExtent(crs, extent) {
    const first = !this.#extent;
    this.#crs = crs;
    this.#extent = extent;
    if (first) this.showAll();
  }

  /** Shows these layers, the lowest first. */
  setLayers(names) {
    this.#layers = names;
    this.#request();
  }

  showAll() {
    if (!this.#extent) return;
    this.#all = true;
    const [west, south, east, north] = this.#extent;
    this.#centre = [(west + east) / 2, (south + north) / 2];
    const { clientWidth, clientHeight } = this.#box;
    this.#resolution = Math.max((east - west) / clientWidth, (north - south) / clientHeight);
    this.#changed();
  }

  /** Zooms by `factor`, keeping what is at the pixel in its place. */
  zoom(factor, x = this.#box.clientWidth / 2, y = this.#box.clientHeight / 2) {
    this.#all = false;
    const before = this.#resolution;
    const [west, , east] = this.#extent ?? [0, 0, 1];
    this.#resolution = Math.min(Math.max(before / factor, FINEST), (east - west) / 100);
    const change = before - this.#resolution;
    this.#centre[0] += (x - this.#box.clientWidth / 2) * change;
    this.#centre[1] -= (y - this.#box.clientHeight / 2) * change;
    this.#changed();
  }

  #pan(x, y) {
    this.#all = false;
    this.#centre[0] -= x * this.#resolution;
    this.#centre[1] += y * this.#resolution;
    this.#changed();
  }

  #view() {
    const [width, height] = [this.#box.clientWidth, this.#box.clientHeight];
    const [x, y] = this.#centre;
    const [w, h] = [(width * this.#resolution) / 2, (height * this.#resolution) / 2];
    return { width, height, west: x - w, south: y - h, east: x + w, north: y + h, resolution: this.#resolution };
  }

  /** Moves the picture at once, and asks for a new one when all is at rest. */
  #changed() {
    const view = this.#view();
    if (this.#image && this.#shown) {
      const old = this.#shown;
      const grow = old.resolution / view.resolution;
      const x = (old.west - view.west) / view.resolution;
      const y = (view.north - old.north) / view.resolution;
      // The picture keeps its own size: its box may have another one by now.
      this.#image.style.width = `${old.width}px`;
      this.#image.style.height = `${old.height}px`;
      this.#image.style.transform = `translate(${x}px, ${y}px) scale(${grow})`;
    }
    const metres = BARS.findLast((bar) => bar / view.resolution <= 140) ?? BARS[0];
    this.#scale.textContent = metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
    this.#scale.style.width = `${metres / view.resolution}px`;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#request(), REST);
  }

  #query(view, request, layers) {
    const bounds = [view.west, view.south, view.east, view.north].join(",");
    return new URLSearchParams({
      SERVICE: "WMS", VERSION: "1.3.0", REQUEST: request, LAYERS: layers, STYLES: "", CRS: this.#crs, BBOX: bounds,
      WIDTH: view.width, HEIGHT: view.height, FORMAT: "image/png", TRANSPARENT: "TRUE",
    });
  }

  #request() {
    if (!this.#extent) return;
    const view = this.#view();
    if (!view.width || !view.height) return;
    if (!this.#layers.length) {
      this.#image?.remove();
      this.#image = null;
      return;
    }
    const next = new Image();
    next.alt = "";
    next.addEventListener("load", () => {
      if (this.#latest !== next) return;
      this.#image?.remove();
      this.#image = next;
      this.#shown = view;
      this.#box.prepend(next);
      this.#changedSince(view);
    });
    this.#latest = next;
    next.src = `${this.#url}&${this.#query(view, "GetMap", this.#layers.join(","))}`;
  }

  /** Where the map has moved on while the picture came, the picture follows. */
  #changedSince(view) {
    const now = this.#view();
    if (["west", "north", "resolution", "width"].some((side) => now[side] !== view[side])) this.#changed();
  }

  #ask(x, y) {
    const view = this.#view();
    const layers = this.#layers.join(",");
    if (!layers) return;
    const query = this.#query(view, "GetFeatureInfo", layers);
    for (const [name, value] of [["QUERY_LAYERS", layers], ["INFO_FORMAT", "text/plain"],
      ["I", Math.round(x)], ["J", Math.round(y)], ["FEATURE_COUNT", 5]]) query.set(name, value);
    this.#onAsk(`${this.#url}&${query}`);
  }

  #down(event) {
    if (event.target.closest("button")) return;
    this.#box.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (this.#pointers.size === 1) this.#moved = false;
    this.#box.classList.add("moving");
  }

  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.offsetX, event.offsetY];
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (Math.hypot(now[0] - before[0], now[1] - before[1]) < 3 && !this.#moved && !other) return;
    this.#moved = true;
    this.#pointers.set(event.pointerId, now);
    if (other) {
      const distance = ([x, y]) => Math.hypot(x - other[0], y - other[1]) || 1;
      this.zoom(distance(now) / distance(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    } else {
      this.#pan(now[0] - before[0], now[1] - before[1]);
    }
  }

  #up(event) {
    const known = this.#pointers.has(event.pointerId);
    this.#forget(event);
    if (known && !this.#moved) this.#ask(event.offsetX, event.offsetY);
  }

  #forget(event) {
    this.#pointers.delete(event.pointerId);
    if (!this.#pointers.size) this.#box.classList.remove("moving");
  }

  #wheel(event) {
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX, event.offsetY);
  }

  #key(event) {
    if (event.target !== this.#box) return;
    const step = 80;
    const actions = {
      ArrowLeft: () => this.#pan(step, 0), ArrowRight: () => this.#pan(-step, 0),
      ArrowUp: () => this.#pan(0, step), ArrowDown: () => this.#pan(0, -step),
      "+": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), Home: () => this.showAll(),
      Enter: () => this.#ask(this.#box.clientWidth / 2, this.#box.clientHeight / 2),
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }
}
