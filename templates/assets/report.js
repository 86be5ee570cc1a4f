// What the pages can do beyond reading. Without this file they lose nothing but convenience.
//   theme     a button that is remembered
//   search    over layers, images and labels
//   viewer    one dialog for every picture; in a grid it walks from channel to channel
//   pointer   number and range of the tile under the pointer
//   compare   the photo, or another layer, image or picture of the page beside the one in the viewer
//   scale     the values that the colours of the channel in the viewer stand for
//   picker    a channel by its number, on the page of its layer
//   only      the channels that are inactive
//   mix       from photo to heatmap
// A tile's address is #figure:channel; the viewer opens it and keeps it up to date.
(() => {
  "use strict";

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const scripts = new Map();
  // In a file that holds everything there is nothing to load.
  const load = (address) => {
    if (!address) return Promise.resolve();
    if (!scripts.has(address)) {
      scripts.set(address, new Promise((done) => {
        const script = make("script", { src: address });
        script.onload = script.onerror = () => done();
        document.head.append(script);
      }));
    }
    return scripts.get(address);
  };
  const say = (value) => (value === null || value === undefined ? "not finite" : String(value).replace("-", "\u2212"));

  // Theme -------------------------------------------------------------------------------------

  const root = document.documentElement;
  const toggle = document.querySelector(".theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const showTheme = () => toggle.setAttribute("aria-pressed", String(isDark()));
  toggle.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
    try {
      localStorage.setItem("reportgen-theme", root.dataset.theme);
    } catch {
      // A sandboxed page may not remember.
    }
  });
  system.addEventListener("change", showTheme);
  showTheme();
  toggle.hidden = false;

  const here = document.querySelector(".menu [aria-current]");
  if (here) {
    const menu = here.closest(".menu");
    const [entry, row] = [here.closest(".more") ?? here, menu].map((one) => one.getBoundingClientRect());
    menu.scrollLeft += entry.left - row.left - (row.width - entry.width) / 2;
  }
  const more = document.querySelector(".more");
  if (more) {
    document.addEventListener("click", (event) => {
      if (!more.contains(event.target)) more.open = false;
    });
    more.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !more.open) return;
      more.open = false;
      more.querySelector("summary").focus();
    });
    more.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !more.contains(event.relatedTarget)) more.open = false;
    });
  }

  // Search ------------------------------------------------------------------------------------

  const form = document.querySelector(".search");
  const field = form.querySelector("input");
  const found = make("ul", { className: "found", hidden: true });
  found.setAttribute("aria-label", "Found");
  const status = make("p", { className: "unseen" });
  status.setAttribute("role", "status");
  form.append(found, status);
  form.hidden = false;

  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = globalThis.reportgenSearch ?? [];
    const rank = (text) => (text.startsWith(words[0]) ? 0 : 1);
    const hits = words.length === 0 ? [] : rows
      .map((row) => [row[0].toLowerCase(), `${row[0]} ${row[1]}`.toLowerCase(), row])
      .filter(([, all]) => words.every((word) => all.includes(word)))
      .sort((one, other) => rank(one[0]) - rank(other[0]))
      .map(([, , row]) => row);
    const items = hits.slice(0, 12).map(([text, kind, address]) =>
      make("li", {}, make("a", { href: document.body.dataset.root + address },
        make("span", { textContent: text }), make("small", { textContent: kind }))));
    if (words.length && !hits.length) items.push(make("li", {}, make("p", { textContent: "Nothing found" })));
    found.replaceChildren(...items);
    found.hidden = !words.length;
    status.textContent = words.length ? `${hits.length} found` : "";
  };
  field.addEventListener("focus", () => load(document.body.dataset.search));
  field.addEventListener("input", () => load(document.body.dataset.search).then(search));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    found.querySelector("a")?.click();
  });
  form.addEventListener("keydown", (event) => {
    const links = [field, ...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      links[clamp(at + (event.key === "ArrowDown" ? 1 : -1), 0, links.length - 1)].focus();
    } else if (event.key === "Escape" && !found.hidden) {
      event.preventDefault();
      found.hidden = true;
      field.focus();
    }
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) found.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      field.focus();
    }
  });

  // Grids -------------------------------------------------------------------------------------

  const geometry = (link) => {
    const [columns, height, width, margin, tiles] = link.dataset.grid.split(" ").map(Number);
    return { columns, height, width, margin, tiles, across: columns * (width + margin) - margin,
      down: Math.ceil(tiles / columns) * (height + margin) - margin };
  };
  const box = (grid, tile) => ({
    left: (tile % grid.columns) * (grid.width + grid.margin),
    top: Math.floor(tile / grid.columns) * (grid.height + grid.margin),
  });
  const tileAt = (link, event) => {
    const grid = geometry(link);
    const area = link.querySelector("img").getBoundingClientRect();
    const column = Math.floor(((event.clientX - area.left) / area.width) * grid.across / (grid.width + grid.margin));
    const row = Math.floor(((event.clientY - area.top) / area.height) * grid.down / (grid.height + grid.margin));
    const tile = row * grid.columns + clamp(column, 0, grid.columns - 1);
    return tile >= 0 && tile < grid.tiles ? tile : null;
  };
  const values = (link) => globalThis.reportgenValues?.[link.dataset.key];
  const channelOf = (link, tile) => values(link)?.channel?.[tile] ?? tile;
  const describe = (link, tile) => {
    const about = values(link);
    if (!about) return "";
    if (link.dataset.kind === "filters") {
      if (about.status[tile] === undefined) return "";
      return `${about.status[tile]}, score ${say(about.start[tile])} → ${say(about.end[tile])}`;
    }
    const span = `${say(about.low[tile])} to ${say(about.high[tile])}, mean ${say(about.mean[tile])}`;
    if (about.leftOut?.includes(tile)) return `${span}; not drawn, to keep the report small`;
    if (about.inactive.includes(tile)) return `${about.low[tile] === 0 && about.high[tile] === 0 ? "silent" : "constant"}, ${say(about.low[tile])} everywhere`;
    return span;
  };
  const noun = (link) => (link.dataset.kind === "filters" ? "filter" : "channel");
  // On the page of a layer a picture has a channel in each row and an image in each column.
  const columnOf = (link, tile) => (values(link)?.image ? tile % geometry(link).columns : null);
  const imageOf = (link, tile) => (values(link)?.image ? ` on ${values(link).image[columnOf(link, tile)]}` : "");

  const tip = make("div", { className: "tip", hidden: true });
  const mark = make("div", { className: "tile-mark", hidden: true });
  document.body.append(tip);
  const leave = () => { tip.hidden = mark.hidden = true; };
  const hover = (link, event) => {
    const tile = tileAt(link, event);
    if (tile === null) return leave();
    const grid = geometry(link);
    const place = box(grid, tile);
    const area = link.querySelector("img").getBoundingClientRect();
    const across = area.width / grid.across;
    const down = area.height / grid.down;
    if (mark.parentNode !== link) link.append(mark);
    mark.style.left = `${place.left * across}px`;
    mark.style.top = `${place.top * down}px`;
    mark.style.width = `${grid.width * across}px`;
    mark.style.height = `${grid.height * down}px`;
    const words = describe(link, tile);
    tip.textContent = `${noun(link)} ${channelOf(link, tile)}${imageOf(link, tile)}${words ? `: ${words}` : ""}`;
    tip.hidden = mark.hidden = false;
    tip.style.translate = `${clamp(event.clientX + 14, 4, Math.max(4, innerWidth - tip.offsetWidth - 4))}px ${
      event.clientY + (event.clientY + 60 > innerHeight ? -40 : 18)}px`;
  };

  // Only inactive channels --------------------------------------------------------------------

  let only = null;
  const veil = (link) => {
    const grid = geometry(link);
    const canvas = make("canvas", { className: "veil", width: grid.across, height: grid.down });
    const context = canvas.getContext("2d");
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.globalAlpha = 0.9;
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const tile of values(link).inactive) {
      const place = box(grid, tile);
      context.clearRect(place.left, place.top, grid.width, grid.height);
    }
    return canvas;
  };
  const sift = async () => {
    for (const link of document.querySelectorAll("a.zoom[data-kind=activations]")) {
      await load(link.dataset.values);
      link.querySelector(".veil")?.remove();
      const none = only.checked && values(link)?.inactive.length === 0;
      link.closest("figure").hidden = none;
      if (only.checked && !none && values(link)) link.append(veil(link));
    }
  };
  const first = document.querySelector("a.zoom[data-kind=activations]");
  const legend = first?.closest("section:has(> .legend), .part")?.querySelector(".legend");
  if (legend) {
    only = make("input", { type: "checkbox" });
    only.addEventListener("change", sift);
    legend.after(make("label", { className: "choice" }, only, "Only inactive channels"));
  }

  // Viewer ------------------------------------------------------------------------------------

  const title = make("h2", { id: "site--viewer" });
  const stage = make("div", { className: "viewer-stage" });
  const rival = make("select");
  const compare = make("label", { className: "choice" }, "Compare with", rival);
  const text = make("p", { className: "viewer-text" });
  const button = (words, sign, action) => {
    const made = make("button", { type: "button", textContent: sign });
    made.setAttribute("aria-label", words);
    made.addEventListener("click", action);
    return made;
  };
  const before = button("Previous", "←", () => walk(-1));
  const after = button("Next", "→", () => walk(1));
  const original = make("a", { textContent: "Open image" });
  const beside = make("a", { textContent: "This channel on all images" });
  const ownPage = make("a", { textContent: "All about this channel", hidden: true });
  // "folder 0-7,12": where the pages of channels are, and which channels have one.
  const channelPages = (link) => {
    const [folder, runs] = (link.dataset.channels ?? "").split(" ");
    const ranges = (runs ?? "").split(",").filter(Boolean).map((run) => run.split("-").map(Number));
    return { folder, has: (channel) => ranges.some(([from, to]) => channel >= from && channel <= (to ?? from)) };
  };
  const scale = make("div", { className: "viewer-scale", hidden: true });
  const strip = make("div", { className: "viewer-strip" });
  const viewer = make("dialog", { className: "viewer" },
    make("header", {}, title, button("Close", "×", () => viewer.close())),
    stage, scale, make("div", { className: "viewer-foot" }, before, after, text, compare, ownPage, beside, original), strip);
  viewer.setAttribute("aria-labelledby", "site--viewer");
  text.setAttribute("aria-live", "polite");
  document.body.append(viewer);

  let shown = null; // { link, tile }, tile is null for a plain picture
  let came = null;
  const plain = [...document.querySelectorAll("a.zoom:not([data-grid])")];

  const tileOf = (link, channel) => values(link)?.channel?.indexOf(channel) ?? channel;
  const drawTile = (link, tile, room) => {
    const grid = geometry(link);
    const place = box(grid, tile);
    const picture = link.querySelector("img");
    const scale = Math.max(1, Math.floor(room / Math.max(grid.width, grid.height)));
    const canvas = make("canvas", { width: grid.width * scale, height: grid.height * scale });
    const draw = () => {
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = link.dataset.kind === "filters";
      const ratio = picture.naturalWidth / grid.across; // a picture may have been shrunk
      context.drawImage(picture, place.left * ratio, place.top * ratio, grid.width * ratio, grid.height * ratio, 0, 0, canvas.width, canvas.height);
      if (link.dataset.kind !== "activations" || !values(link)?.inactive.includes(tile)) return;
      context.strokeStyle = "#6d747b"; // the mark of a silent tile
      context.beginPath();
      for (const [from, to] of [[0, canvas.height], [canvas.height, 0]]) {
        context.moveTo(0, from);
        context.lineTo(canvas.width, to);
      }
      context.stroke();
    };
    picture.loading = "eager";
    if (picture.complete && picture.naturalWidth) draw();
    else picture.addEventListener("load", draw, { once: true });
    return canvas;
  };
  // The same channel in the other figures of the page: its pattern, and on a layer's page all images.
  const peersOf = (link, channel) => {
    const layer = link.dataset.key.split("/")[1];
    return grids.filter((other) => other === link || (other.dataset.key.split("/")[1] === layer && !values(other)?.image))
      .flatMap((other) => {
        if (values(other)?.image) {
          return values(other).channel.flatMap((one, tile) => (one === channel ? [{ link: other, tile, name: values(other).image[columnOf(other, tile)] }] : []));
        }
        const tile = tileOf(other, channel);
        const name = other.dataset.key.startsWith("fourier/") ? "Fourier pattern" : other.dataset.kind === "filters" ? "Filter pattern" : nameOf(other);
        return tile < 0 || tile >= geometry(other).tiles ? [] : [{ link: other, tile, name }];
      });
  };
  const drawStrip = (link, channel) => {
    const peers = peersOf(link, channel);
    strip.hidden = peers.length < 2;
    strip.replaceChildren(...(strip.hidden ? [] : peers).map((other) => {
      const made = make("button", { type: "button" }, drawTile(other.link, other.tile, 96), make("span", { textContent: other.name }));
      if (other.link === link && other.tile === shown.tile) made.setAttribute("aria-current", "true");
      made.addEventListener("click", () => {
        shown = { link: other.link, tile: other.tile };
        show();
        strip.querySelector("[aria-current]")?.focus();
      });
      return made;
    }));
  };
  // From the lowest to the highest value, as far as the colours tell values apart.
  const drawScale = (link, tile) => {
    const about = values(link);
    const ramp = document.querySelector(".ramp[data-scale]");
    scale.hidden = !(about?.sd?.[tile] > 0 && ramp) || about.inactive.includes(tile) || link.dataset.kind === "filters";
    if (scale.hidden) return;
    const [mean, deviation] = ramp.dataset.scale.split(" ").map(Number);
    const [low, high] = [about.low[tile], about.high[tile]];
    const colours = [...ramp.querySelectorAll("rect")].map((one) => one.getAttribute("fill"));
    const stops = colours.map((colour, at) => {
      const value = about.mean[tile] + ((255 * at) / (colours.length - 1) - mean) / deviation * about.sd[tile];
      return `${colour} ${(100 * (value - low)) / (high - low)}%`;
    });
    const bar = make("span", { className: "viewer-ramp" });
    bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    scale.replaceChildren(make("span", { textContent: say(low) }), bar, make("span", { textContent: say(high) }));
  };
  const nameOf = (link) => {
    const caption = link.closest("figure")?.querySelector("figcaption :is(h2,h3,h4)");
    return caption ? (link.dataset.kind === "filters" ? `Patterns of ${caption.textContent}` : caption.textContent) : link.querySelector("img").alt;
  };
  const tileName = (link, tile) => {
    const caption = link.closest("figure")?.querySelector("figcaption :is(h2,h3,h4)") ?? document.querySelector("h1");
    return `${caption.textContent}, ${noun(link)} ${channelOf(link, tile)}${imageOf(link, tile)}`;
  };
  const grids = [...document.querySelectorAll("a.zoom[data-grid]")];
  const pictureOf = (source, alt) => ({ name: alt, source, alt });
  // The network input lies under its feature maps; the photo may be cut.
  const photos = [...document.querySelectorAll(".photos a.zoom img")].slice(0, 2);
  // A feature map is shown beside the image, as long as nothing else is chosen.
  const rivalsOf = (link, tile) => {
    if (tile === null) return plain.filter((other) => other !== link).map((other) => pictureOf(other.querySelector("img"), nameOf(other)));
    const about = values(link);
    if (about?.image) {
      const column = columnOf(link, tile);
      const photo = make("img", { src: about.photo[column] });
      const peers = peersOf(link, channelOf(link, tile)).filter((other) => other.link !== link || other.tile !== tile);
      return [pictureOf(photo, `Photo ${about.image[column]}`), ...peers.map((other) => ({ name: other.name, link: other.link, tile: other.tile }))];
    }
    const others = grids.filter((other) => other !== link && !values(other)?.image).map((other) => ({
      name: nameOf(other), link: other, tile: clamp(tileOf(other, channelOf(link, tile)), 0, geometry(other).tiles - 1) }));
    return link.dataset.kind === "activations" ? [...photos.slice(-1).map((one) => pictureOf(one, one.alt)), ...others] : others;
  };
  let chosen = null; // the name of what is compared; null as long as nobody has chosen
  const offer = (link, tile) => {
    const rivals = rivalsOf(link, tile);
    const first = tile !== null && rivals[0]?.source ? 0 : -1;
    const at = chosen === null ? first : chosen === "photo" ? first : rivals.findIndex((one) => one.name === chosen);
    rival.rivals = rivals;
    rival.replaceChildren(make("option", { value: "", textContent: "none" }),
      ...rivals.map((one, index) => make("option", { value: index, textContent: one.name, selected: index === at })));
    compare.hidden = !rivals.length;
    return rivals[at];
  };
  const onLayer = (link) => document.querySelectorAll(`a.zoom[data-key$="/${CSS.escape(link.dataset.key.split("/")[1])}"]`).length > 1;
  const show = () => {
    const { link, tile } = shown;
    const picture = link.querySelector("img");
    const own = link.hash !== ""; // the file holds the picture, there is no other
    original.hidden = own;
    original.href = link.href;
    if (tile === null) {
      title.textContent = picture.alt;
      text.textContent = "";
      strip.hidden = beside.hidden = ownPage.hidden = scale.hidden = true;
      stage.replaceChildren(make("img", { src: own ? picture.src : link.href, alt: picture.alt, width: picture.width, height: picture.height }));
      const large = stage.firstChild;
      large.style.width = picture.classList.contains("pixels") ? `${picture.width * 2}px` : "auto";
      large.className = picture.className;
      const second = offer(link, null);
      if (second) {
        const { source } = second;
        const copy = make("img", { src: source.src, alt: second.alt, className: source.className, width: source.width, height: source.height });
        for (const one of [large, copy]) one.style.width = `${Math.min(innerWidth * 0.42, 420)}px`;
        stage.append(copy);
        text.textContent = `Compared with: ${second.alt}`;
      }
      before.disabled = plain.indexOf(link) <= 0;
      after.disabled = plain.indexOf(link) >= plain.length - 1;
      return;
    }
    const grid = geometry(link);
    const figure = link.closest("figure");
    const channel = channelOf(link, tile);
    title.textContent = tileName(link, tile);
    text.textContent = describe(link, tile);
    before.disabled = tile === 0;
    after.disabled = tile === grid.tiles - 1;
    const second = offer(link, tile);
    const room = Math.min(innerWidth * (second ? 0.4 : 0.8), second ? 420 : 720, innerHeight * (onLayer(link) ? 0.45 : 0.6));
    const draw = (from, at, words) => {
      const canvas = drawTile(from, at, room);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", words);
      return canvas;
    };
    stage.replaceChildren(draw(link, tile, tileName(link, tile)));
    // Both pictures have one size, whatever their pixels are.
    const { width, height } = stage.firstChild;
    if (second?.source) {
      const copy = make("canvas", { width, height });
      copy.setAttribute("role", "img");
      copy.setAttribute("aria-label", second.alt);
      const paint = () => copy.getContext("2d").drawImage(second.source, 0, 0, width, height);
      if (second.source.complete && second.source.naturalWidth) paint();
      else second.source.addEventListener("load", paint, { once: true });
      stage.append(copy);
    } else if (second) {
      const copy = draw(second.link, second.tile, `${second.name}, ${noun(second.link)} ${channelOf(second.link, second.tile)}`);
      copy.style.width = `${width}px`;
      copy.style.height = `${height}px`;
      stage.append(copy);
      text.textContent += ` · compared with: ${copy.getAttribute("aria-label")}, ${describe(second.link, second.tile)}`;
      if (!values(second.link)) load(second.link.dataset.values).then(() => { if (viewer.open && values(second.link)) show(); });
    }
    drawScale(link, tile);
    drawStrip(link, channel);
    const pages = channelPages(link);
    ownPage.hidden = !pages.has(channel);
    ownPage.href = `${pages.folder}${channel}.html`;
    const [first, starts, most] = (link.dataset.beside ?? "").split(" ");
    const place = values(link)?.place?.[columnOf(link, tile)];
    beside.hidden = !place && !(first && channel < Number(most));
    if (place) beside.href = `${place}:${channel}`;
    else if (first) {
      const page = starts.split(",").filter((start) => Number(start) <= channel).length;
      beside.href = `${first.replace(/\.html$/, page > 1 ? `--${page}.html` : ".html")}#channel--${channel}`;
    }
    beside.textContent = place ? "All channels of this image" : "This channel on all images";
    if (values(link)?.image) return history.replaceState(null, "", `#channel--${channel}`);
    history.replaceState(null, "", `#${figure.id}:${channel}`);
  };
  const open = (link, tile) => {
    came = link;
    shown = { link, tile };
    leave();
    if (!viewer.open) viewer.showModal();
    show();
    if (tile !== null) load(link.dataset.values).then(() => { if (viewer.open) show(); });
  };
  const walk = (step, rows = 0) => {
    if (shown.tile === null) {
      const next = plain[clamp(plain.indexOf(shown.link) + step, 0, plain.length - 1)];
      if (next && !rows) shown.link = next;
    } else {
      const grid = geometry(shown.link);
      const target = shown.tile + step + rows * grid.columns;
      const open = (at) => !only?.checked || values(shown.link)?.inactive?.includes(at);
      let at = target;
      while (!rows && at >= 0 && at < grid.tiles && !open(at)) at += step;
      if (at < 0 || at >= grid.tiles) return;
      shown.tile = at;
    }
    show();
  };
  viewer.addEventListener("keydown", (event) => {
    if (event.target === rival) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in steps && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      walk(...steps[event.key]);
    }
  });
  rival.addEventListener("change", () => {
    const one = rival.rivals[rival.value];
    chosen = one ? (one.source && shown.tile !== null ? "photo" : one.name) : "";
    show();
  });
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  viewer.addEventListener("close", () => {
    if (shown.tile !== null && !values(shown.link)?.image) history.replaceState(null, "", `#${shown.link.closest("figure").id}`);
    came?.focus();
  });

  for (const link of document.querySelectorAll("a.zoom")) {
    const grid = "grid" in link.dataset;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      // A click from the keyboard has no place and opens the first tile.
      open(link, grid ? (event.detail ? tileAt(link, event) : 0) ?? 0 : null);
    });
    if (grid) {
      link.addEventListener("pointerenter", () => load(link.dataset.values));
      link.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch") hover(link, event); });
      link.addEventListener("pointerleave", leave);
    }
  }
  addEventListener("scroll", leave, { passive: true });

  const openAddress = () => {
    const parts = /^#(.+?)(?::|-c)(\d+)$/.exec(location.hash);
    const figure = parts && document.getElementById(decodeURIComponent(parts[1]));
    const link = figure?.querySelector("a.zoom[data-grid]");
    if (!link) return;
    figure.scrollIntoView();
    load(link.dataset.values).then(() => {
      const numbers = values(link)?.channel;
      const tile = numbers ? numbers.indexOf(Number(parts[2])) : Number(parts[2]);
      if (tile >= 0 && tile < geometry(link).tiles) open(link, tile);
    });
  };
  addEventListener("hashchange", openAddress);
  openAddress();

  // A channel by its number --------------------------------------------------------------------

  const picker = document.querySelector("nav.picker");
  const pages = [...document.querySelectorAll(".pager a")].filter((link) => /^\d+(–\d+)?$/.test(link.textContent));
  if (picker && pages.length > 1) {
    const wanted = make("input", { type: "number", min: 0 });
    const go = () => {
      const page = pages.find((link) => {
        const [from, to] = link.textContent.split("–").map(Number);
        return wanted.value !== "" && wanted.value >= from && wanted.value <= (to ?? from);
      });
      if (page) location.href = `${page.href.split("#")[0]}#channel--${Number(wanted.value)}`;
    };
    wanted.addEventListener("change", go);
    picker.append(make("label", {}, "Channel", wanted));
  }

  // From photo to heatmap ---------------------------------------------------------------------

  for (const pair of document.querySelectorAll(".pair[data-photo]")) {
    const [overlay, heat] = pair.querySelectorAll("img");
    if (!heat) continue;
    const layer = (address) => make("img", { src: address, alt: "", width: overlay.width, height: overlay.height });
    const stack = overlay.parentNode;
    stack.classList.add("stack");
    const photo = pair.dataset.photo;
    stack.prepend(layer(photo.startsWith("#") ? document.getElementById(photo.slice(1)).src : photo));
    stack.append(layer(heat.getAttribute("src")));
    const slider = make("input", { type: "range", min: 0, max: 100, value: 50 });
    slider.setAttribute("aria-label", "From photo over overlay to heatmap");
    slider.addEventListener("input", () => {
      stack.style.setProperty("--over", String(clamp(slider.value / 50, 0, 1)));
      stack.style.setProperty("--heat", String(clamp(slider.value / 50 - 1, 0, 1)));
    });
    pair.after(make("label", { className: "mix" }, "Photo", slider, "Heatmap"));
  }

  // Layers and images by arrow key ------------------------------------------------------------

  document.addEventListener("keydown", (event) => {
    const plainKey = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const busy = viewer.open || event.target.closest("input, .scroll, .search, pre");
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (rel && plainKey && !busy) document.querySelector(`.beside [rel=${rel}]`)?.click();
  });
})();
