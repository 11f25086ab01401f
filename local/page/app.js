// The sample portal: who one is, which layers one gets, and the map.

import { SampleMap } from "./map.js";

const byId = (id) => document.getElementById(id);
const WMS = byId("map").dataset.wms;
const element = (name, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
};

const map = new SampleMap(byId("map"), byId("scale"), WMS, ask);
const off = new Set(); // layers that were switched off, remembered across logins

async function ask(url) {
  const response = await fetch(url);
  const text = await response.text();
  const found = response.ok ? text.replace(/^GetFeatureInfo results:\s*/, "").trim() : "";
  byId("info").textContent = found || "Nothing.";
  byId("info-card").hidden = false;
}

function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

/** The child elements of that local name. */
const children = (parent, name) => [...parent.children].filter((child) => child.localName === name);
const text = (parent, name) => children(parent, name)[0]?.textContent ?? "";

/** The list of a layer's sublayers, each leaf with a check box. */
function list(parent) {
  const items = children(parent, "Layer").map((layer) => {
    const title = text(layer, "Title") || text(layer, "Name");
    if (children(layer, "Layer").length) return element("li", {}, element("strong", {}, title), list(layer));
    const name = text(layer, "Name");
    const box = element("input", { type: "checkbox", checked: !off.has(name), value: name });
    return element("li", {}, element("label", {}, box, title));
  });
  return element("ul", { className: "layers" }, ...items);
}

function draw() {
  const boxes = [...byId("layers").querySelectorAll("input")];
  for (const box of boxes) box.checked ? off.delete(box.value) : off.add(box.value);
  map.setLayers(boxes.filter((box) => box.checked).map((box) => box.value));
}

async function readLayers() {
  const response = await fetch(`${WMS}&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities`);
  if (!response.ok) {
    byId("layers").replaceChildren(element("p", { className: "problem" }, "The map server does not answer."));
    map.setLayers([]);
    return;
  }
  const capabilities = new DOMParser().parseFromString(await response.text(), "text/xml");
  const root = capabilities.querySelector("Capability > Layer");
  // A plane system where there is one: the map's scale is in metres.
  const boxes = root ? children(root, "BoundingBox") : [];
  const box = boxes.find((box) => !["EPSG:4326", "CRS:84"].includes(box.getAttribute("CRS")));
  if (!box) {
    byId("layers").replaceChildren(element("p", {}, "None that can be shown here."));
    map.setLayers([]);
    return;
  }
  byId("layers").replaceChildren(list(root));
  map.setExtent(box.getAttribute("CRS"), ["minx", "miny", "maxx", "maxy"].map((side) => Number(box.getAttribute(side))));
  draw();
}

async function readUser() {
  const user = await (await fetch("/loginuser")).json();
  const known = Boolean(user.username);
  byId("login").hidden = known;
  byId("logout").hidden = !known;
  if (!known) {
    byId("who").textContent = "A visitor, not logged in.";
    return;
  }
  const roles = user.roles.map((role) => element("span", { className: "role" }, role.name));
  byId("who").replaceChildren(element("strong", {}, user.display_name), ` (${user.username}) `,
    ...roles.flatMap((role) => [role, " "]));
}

async function refresh() {
  byId("info-card").hidden = true;
  await Promise.all([readUser(), readLayers()]);
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  problem("");
  const form = event.target;
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const answer = await response.json().catch(() => ({}));
  if (response.status === 400 && /\botp\b/.test(answer.error)) {
    byId("otp").hidden = false;
    return problem("Please enter the code of your second factor, too.");
  }
  if (!response.ok) return problem(response.status === 401 ? "Wrong user name or password." : answer.error || "That failed.");
  // Without a ticket, the password must be changed first; the page of that does it without this script.
  if (answer.is_password_changed === false) return location.assign("/loginchangepassword");
  form.reset();
  await refresh();
});

byId("logout").addEventListener("click", async () => {
  await fetch("/logout");
  await refresh();
});

byId("layers").addEventListener("change", draw);
byId("zoom-in").addEventListener("click", () => map.zoom(1.5));
byId("zoom-out").addEventListener("click", () => map.zoom(1 / 1.5));
byId("zoom-all").addEventListener("click", () => map.showAll());
for (const place of document.querySelectorAll("[data-path]")) place.textContent = location.origin + place.dataset.path;
await refresh();
