// Building the page. Text is inserted as text, never as markup: captions, file names and models' words are untrusted.

export const $ = (id) => document.getElementById(id);

/** h("li", {class: "turn", onclick: f}, "text", child…) */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list" && !name.startsWith("aria")) made[name === "class" ? "className" : name] = value;
    else made.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const percent = (share) => `${Math.round(share * 100)} %`;

export function placeName(place) {
  const parts = [place.place, place.admin1, place.country].filter(Boolean);
  return [...new Set(parts)].join(", ") || "open sea";
}

export const coordinates = (place) => `${place.latitude.toFixed(4)}, ${place.longitude.toFixed(4)}`;

/** "1 photo", "1,374 photos": the count with its noun. */
export const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

export const kilometres = (km) => (km < 10 ? `${km.toFixed(1)} km` : `${Math.round(km).toLocaleString("en")} km`);

/** The value of a colour of the style sheet, as it is now. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
