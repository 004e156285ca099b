// Draw on a map: outline, box, circle; what is drawn goes into the field "drawn" as GeoJSON, and what stands there is shown.
const part = document.getElementById("by-map");
const field = document.getElementById("drawn");
const place = document.getElementById("map");
const { TerraDraw, TerraDrawPolygonMode, TerraDrawRectangleMode, TerraDrawCircleMode, TerraDrawSelectMode } = terraDraw;
const EARTH_KM = 6371.0088;
const looks = getComputedStyle(document.documentElement);
const say = (text) => { document.querySelector("[data-map-says]").textContent = text; };
let map, draw, typed, isOurs = false;

// Terra Draw's own way adds a style sheet for each layer, which the security policy refuses; this says the same by property.
class Adapter extends terraDrawLeafletAdapter.TerraDrawLeafletAdapter {
  createPaneStyleSheet(name, level) {
    const pane = map.getPane(name) || map.createPane(name);
    pane.style.zIndex = String(level + 600);
    return { remove() {} };
  }
}

const hex = (name) => { // tokens are light-dark(); a canvas wants one colour, and Terra Draw six digits
  const probe = document.createElement("canvas").getContext("2d");
  const span = document.createElement("span");
  span.style.color = `var(${name})`;
  place.append(span);
  probe.fillStyle = getComputedStyle(span).color;
  span.remove();
  return probe.fillStyle;
};

function modes() {
  const [accent, bad] = [hex("--accent"), hex("--bad")];
  const colour = (feature) => (feature.properties.excluded ? bad : accent);
  const fill = { fillColor: colour, outlineColor: colour, outlineWidth: 2, fillOpacity: 0.25 };
  const move = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };
  const picked = { selectedPolygonColor: colour, selectedPolygonOutlineColor: colour, selectedPolygonOutlineWidth: 3, selectedPolygonFillOpacity: 0.35,
    selectionPointColor: accent, selectionPointOutlineColor: hex("--paper"), selectionPointWidth: 6, midPointColor: accent, midPointOutlineColor: hex("--paper"), midPointWidth: 4 };
  return [
    new TerraDrawPolygonMode({ styles: { ...fill, closingPointColor: accent, closingPointOutlineColor: hex("--paper"), closingPointWidth: 6 } }),
    new TerraDrawRectangleMode({ styles: fill }),
    new TerraDrawCircleMode({ styles: fill, segments: 96, projection: "globe" }),
    new TerraDrawSelectMode({ styles: picked, flags: { polygon: move, rectangle: { feature: { draggable: true, coordinates: { resizable: "opposite" } } }, circle: { feature: { draggable: true, coordinates: { resizable: "center-fixed" } } } } }),
  ];
}

const radians = (degrees) => (degrees * Math.PI) / 180;
function kilometres([x1, y1], [x2, y2]) {
  const h = Math.sin(radians(y2 - y1) / 2) ** 2 + Math.cos(radians(y1)) * Math.cos(radians(y2)) * Math.sin(radians(x2 - x1) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(h));
}
function around([x, y], radiusKm, corners = 96) { // a circle as an outline, for the eye alone
  const arc = radiusKm / EARTH_KM, [lat, lon] = [radians(y), radians(x)];
  return Array.from({ length: corners + 1 }, (_, number) => {
    const turn = -(2 * Math.PI * (number % corners)) / corners;
    const up = Math.asin(Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(turn));
    const along = lon + Math.atan2(Math.sin(turn) * Math.sin(arc) * Math.cos(lat), Math.cos(arc) - Math.sin(lat) * Math.sin(up));
    return [rounded((along * 180) / Math.PI), rounded((up * 180) / Math.PI)];
  });
}
const rounded = (number) => Math.round(number * 1e6) / 1e6;
const round = (ring) => ring.map(([x, y]) => [rounded(x), rounded(y)]);

// From what is drawn to GeoJSON, and back. A circle is a point with its radius, so that it stays one.
function outOf(feature) {
  const { mode, excluded, name } = feature.properties;
  const properties = { ...(excluded && { excluded }), ...(name && { name }) };
  if (mode !== "circle") return { type: "Feature", properties, geometry: { type: "Polygon", coordinates: feature.geometry.coordinates.map(round) } };
  const ring = feature.geometry.coordinates[0];
  const far = ring.reduce((best, each) => (each[1] > best[1] ? each : best));
  const low = ring.reduce((best, each) => (each[1] < best[1] ? each : best));
  const middle = [(far[0] + low[0]) / 2, (far[1] + low[1]) / 2];
  const radius = ring.reduce((sum, each) => sum + kilometres(middle, each), 0) / ring.length;
  return { type: "Feature", properties: { ...properties, radius_km: radius < 10 ? Math.round(radius * 100) / 100 : Math.round(radius * 10) / 10 }, geometry: { type: "Point", coordinates: middle.map(rounded) } };
}
function into({ type, geometry, properties, features, ...rest }) {
  if (type === "FeatureCollection") return features.flatMap(into);
  if (type !== "Feature") return into({ type: "Feature", properties: {}, geometry: { type, ...rest } });
  const { radius_km: radius, excluded, name } = properties || {};
  const kept = { ...(excluded && { excluded }), ...(name && { name }) };
  const feature = (coordinates, mode) => ({ type: "Feature", properties: { mode, ...kept }, geometry: { type: "Polygon", coordinates } });
  if (geometry.type === "Point" && radius > 0) return [feature([around(geometry.coordinates, radius)], "circle")];
  if (geometry.type === "Polygon") return [feature(geometry.coordinates.map(round), "polygon")];
  if (geometry.type === "MultiPolygon") return geometry.coordinates.map((each) => feature(each.map(round), "polygon"));
  if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap((each) => into({ type: "Feature", properties, geometry: each }));
  return [];
}

const shapes = () => draw.getSnapshot().filter((each) => each.geometry.type === "Polygon" && !each.properties.currentlyDrawing && !each.properties.midPoint && !each.properties.selectionPoint);
function write() {
  const features = shapes().map(outOf);
  field.value = features.length ? JSON.stringify({ type: "FeatureCollection", features }) : "";
  isOurs = true;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  isOurs = false;
  say(features.length ? `${features.length === 1 ? "One shape is" : `${features.length} shapes are`} on the map.` : "Nothing is drawn.");
}
let simple = true; // whether all that stands in the field can be drawn; else the map only shows it
function read() {
  draw.clear();
  typed.clearLayers();
  if (!field.value.trim()) return;
  try {
    const found = into(JSON.parse(field.value));
    const corners = found.reduce((sum, each) => sum + each.geometry.coordinates[0].length, 0);
    simple = found.every((each) => each.geometry.coordinates.length === 1) && corners < 500;
    const refused = simple ? draw.addFeatures(found).some((each) => !each.valid) : true;
    if (refused) {
      draw.clear();
      simple = false;
      L.geoJSON({ type: "FeatureCollection", features: found }, { interactive: false, style: { color: hex("--accent"), weight: 2, fillOpacity: 0.25 } }).addTo(typed);
      say("It is shown as it is. To change it, change the text below, or draw it anew.");
    }
    fit();
  } catch { say("What stands below is not GeoJSON yet."); }
}

function fit() {
  const bounds = L.latLngBounds([]);
  for (const each of shapes()) each.geometry.coordinates[0].forEach(([x, y]) => bounds.extend([y, x]));
  for (const layer of [typed, around_it]) if (layer.getLayers().length) bounds.extend(layer.getBounds());
  if (bounds.isValid()) map.fitBounds(bounds.pad(0.25), { animate: false });
}

// What is typed, ticked and saved, drawn faintly beneath.
let around_it, asking;
async function outline() {
  const form = field.form;
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(place.dataset.outline, { method: "POST", body: new FormData(form), signal: asking.signal });
    if (!answer.ok) return;
    const { geojson, has_drawn: hasDrawn } = await answer.json();
    around_it.clearLayers();
    if (geojson) around_it.addData(geojson);
    if (geojson && !hasDrawn && !shapes().length) fit();
  } catch (error) { if (error.name !== "AbortError") throw error; }
}

// Names of places, as many as there is room for.
const labels = new Map();
async function name() {
  const bounds = map.getBounds(), zoom = map.getZoom();
  const query = new URLSearchParams({ south: bounds.getSouth(), west: bounds.getWest(), north: bounds.getNorth(), east: bounds.getEast(), zoom });
  try {
    const answer = await fetch(`${place.dataset.places}?${query}`);
    if (!answer.ok) return;
    const { places } = await answer.json();
    const wanted = new Map(places.map((each) => [each.id, each]));
    for (const [id, marker] of labels) if (!wanted.has(id)) { marker.remove(); labels.delete(id); }
    const taken = [];
    for (const each of places) {
      const at = map.latLngToContainerPoint([each.latitude, each.longitude]);
      const box = [at.x - 6, at.y - 9, at.x + 14 + each.name.length * 7, at.y + 9];
      const hides = taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
      if (hides) { labels.get(each.id)?.remove(); labels.delete(each.id); continue; }
      taken.push(box);
      if (labels.has(each.id)) continue;
      const words = document.createElement("span");
      words.textContent = each.name;
      labels.set(each.id, L.marker([each.latitude, each.longitude], { interactive: false, keyboard: false, icon: L.divIcon({ className: "place-name", html: words, iconSize: null, iconAnchor: [0, 8] }) }).addTo(map));
    }
  } catch { /* without names the map still serves */ }
}

// The atlas is stitched for a globe: rings that cross 180° are unrolled, and drawn a second time on the other side.
function flat(feature) {
  const polygons = feature.geometry.type === "Polygon" ? [feature.geometry.coordinates] : feature.geometry.coordinates;
  const unrolled = polygons.map((rings) => rings.map((ring) => {
    let turn = 0;
    const run = ring.map(([x, y], number) => {
      const step = number ? x - ring[number - 1][0] : 0;
      if (Math.abs(step) > 180) turn -= 360 * Math.sign(step);
      return [x + turn, y];
    });
    return turn ? [...run, [run[run.length - 1][0], -90], [run[0][0], -90], run[0]] : run; // around the pole
  }));
  const beyond = unrolled.filter(([outside]) => outside.some(([x]) => x > 180)).map((rings) => rings.map((ring) => ring.map(([x, y]) => [x - 360, y])));
  const before = unrolled.filter(([outside]) => outside.some(([x]) => x < -180)).map((rings) => rings.map((ring) => ring.map(([x, y]) => [x + 360, y])));
  return { ...feature, geometry: { type: "MultiPolygon", coordinates: [...unrolled, ...beyond, ...before] } };
}

async function world() {
  const topology = await (await fetch(place.dataset.world)).json();
  const land = topojson.feature(topology, topology.objects.countries);
  const style = { color: hex("--strong-line"), weight: 0.8, fillColor: hex("--paper-2"), fillOpacity: place.dataset.tiles ? 0 : 1 };
  land.features = land.features.map(flat);
  const layer = L.geoJSON(land, { interactive: false, style, renderer: L.canvas({ pane: "world" }) }).addTo(map);
  if (place.dataset.tiles) L.tileLayer(place.dataset.tiles, { maxZoom: 18 }).addTo(map);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => layer.setStyle({ color: hex("--strong-line"), fillColor: hex("--paper-2") }));
}

function choose(mode) {
  draw.setMode(mode);
  for (const button of document.querySelectorAll("[data-draws]")) button.setAttribute("aria-pressed", String(button.dataset.draws === mode));
  say({ polygon: "Click each corner; click the first one again, or press Enter, to close it. Escape gives it up.", rectangle: "Click two opposite corners.", circle: "Click the middle, then the edge.", select: "Click a shape to move it or its corners." }[mode]);
}
const isCutting = () => document.querySelector("[data-cuts]").getAttribute("aria-pressed") === "true";

function start() {
  for (const hidden of [place, ...part.querySelectorAll(".map-tools, [data-edges], [data-map-says]")]) hidden.hidden = false;
  map = L.map(place, { zoomControl: false, attributionControl: false, worldCopyJump: false, minZoom: 2, maxZoom: 16 }).setView([62.2, 15.5], 5);
  Object.assign(map.createPane("world").style, { zIndex: "250", pointerEvents: "none" });
  around_it = L.geoJSON(null, { interactive: false, style: () => ({ color: hex("--ink-2"), weight: 2, dashArray: "5 4", fillColor: hex("--ink-2"), fillOpacity: 0.15 }) }).addTo(map);
  typed = L.featureGroup().addTo(map);
  draw = new TerraDraw({ adapter: new Adapter({ map, lib: L, coordinatePrecision: 9 }), modes: modes() });
  draw.start();
  draw.on("finish", (id, { action }) => {
    if (action === "draw") {
      if (!simple) { simple = true; typed.clearLayers(); }
      if (isCutting()) draw.updateFeatureProperties(id, { excluded: true });
      setTimeout(() => choose("select"));
    }
    setTimeout(write);
  });
  choose("select");
  map.on("moveend", name);
  read();
  world();
  name();
  outline();
}

function boxOf() {
  const edges = Object.fromEntries([...document.querySelectorAll("[data-edge]")].map((input) => [input.dataset.edge, input.value.trim() ? Number(input.value.replace(",", ".")) : NaN]));
  const { south, west, north, east } = edges;
  const isRight = Object.values(edges).every(Number.isFinite) && south < north && west < east && Math.abs(south) <= 85 && Math.abs(north) <= 85 && Math.abs(west) <= 180 && Math.abs(east) <= 180;
  document.querySelector("[data-edges-say]").textContent = isRight ? "" : "Write degrees, like 61.9, 14.0, 62.2 and 14.8; south below north, west left of east";
  if (!isRight) return;
  draw.addFeatures([{ type: "Feature", properties: { mode: "rectangle", ...(isCutting() && { excluded: true }) }, geometry: { type: "Polygon", coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] } }]);
  write();
  fit();
}

part.addEventListener("toggle", (event) => { if (event.target === part && part.open) { if (map) map.invalidateSize(); else start(); } });
if (part.open) start();
let waits;
field.form.addEventListener("input", (event) => {
  if (!map || isOurs) return;
  clearTimeout(waits);
  if (event.target === field) waits = setTimeout(read, 250);
  else if (!event.target.closest("[data-edges]")) waits = setTimeout(outline, 350);
});
part.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { draws, zooms } = button.dataset;
  if (draws) choose(draws);
  else if (zooms) map.setZoom(map.getZoom() + Number(zooms));
  else if ("fits" in button.dataset) fit();
  else if ("cuts" in button.dataset) {
    const isOn = !isCutting();
    button.setAttribute("aria-pressed", String(isOn));
    say(isOn ? "What you draw now is cut out." : "What you draw now belongs to the area.");
  } else if ("removes" in button.dataset) {
    const picked = shapes().filter((each) => each.properties.selected);
    const last = picked.length ? picked : shapes().slice(-1);
    draw.setMode("select");
    if (picked.length) draw.deselectFeature?.(picked[0].id);
    draw.removeFeatures(last.map((each) => each.id));
    if (!simple) { typed.clearLayers(); simple = true; }
    write();
  } else if ("addsBox" in button.dataset) boxOf();
});
part.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("[data-edge]")) boxOf(); });
