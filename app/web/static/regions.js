// Regions as the map draws them: GeoJSON that the server cut at ±180 and at the poles. Plain functions, without a page.

/** A Polygon or MultiPolygon as polygons of rings of [latitude, longitude]; the first ring is the outline. */
export function listPolygons(geojson) {
  const all = geojson.type === "Polygon" ? [geojson.coordinates] : geojson.coordinates;
  return all.map((rings) => rings.map((ring) => ring.map(([longitude, latitude]) => [latitude, longitude])));
}

/** The polygons on the world and on its copies beside it, so that what crosses ±180 is drawn whole. */
export function onEveryCopy(polygons) {
  return [-360, 0, 360].flatMap((turn) => polygons.map((rings) => rings.map((ring) => ring.map(([latitude, longitude]) => [latitude, longitude + turn]))));
}

/** Whether a position lies in the polygons; a longitude may run past ±180. */
export function holds(polygons, latitude, longitude) {
  const here = ((((longitude + 180) % 360) + 360) % 360) - 180;
  return polygons.some((rings) => rings.reduce((inside, ring) => inside !== isInRing(ring, latitude, here), false));
}

/** Even-odd rule: how often a ray to the east crosses the ring. */
function isInRing(ring, latitude, longitude) {
  let inside = false;
  for (let one = 0, other = ring.length - 1; one < ring.length; other = one++) {
    const [aLatitude, aLongitude] = ring[one];
    const [bLatitude, bLongitude] = ring[other];
    const crosses = aLatitude > latitude !== bLatitude > latitude;
    if (crosses && longitude < ((bLongitude - aLongitude) * (latitude - aLatitude)) / (bLatitude - aLatitude) + aLongitude) inside = !inside;
  }
  return inside;
}
