// Text in the reader's language. English is the key; the catalogue is named by <html lang>.
const language = document.documentElement.lang || "en";
const CATALOGUES = { "zh-Hans": "zh_Hans_CN" };
const catalogue = await load(CATALOGUES[language]);

async function load(name) {
  if (!name) return {};
  try {
    const answer = await fetch(new URL(`../i18n/${name}.json`, import.meta.url));
    return answer.ok ? await answer.json() : {};
  } catch {
    return {}; // English is better than no page
  }
}

function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (place, name) => (name in values ? values[name] : place));
}

/** `text` in the reader's language, with its `%(name)s` places filled. */
export function t(text, values = {}) {
  return fill(catalogue[text] ?? text, values);
}

/** As `t`, for a count: `one` where English says one, else `many`. The catalogue has `many`. */
export function tn(one, many, count, values = {}) {
  return fill(catalogue[many] ?? (count === 1 ? one : many), values);
}

export { language };
