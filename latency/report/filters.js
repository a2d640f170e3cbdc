// Filters: rows, sentences, panels and marks of what is not chosen are hidden. Whoever draws charts listens to "filtered".
const form = document.getElementById("filters");
const chosen = {}; // by tag: the values that are shown; a tag that is not there is not filtered by

function isShown(tags) {
  return Object.entries(chosen).every(([name, values]) => tags[name] === undefined || values.has(tags[name]));
}

if (form) {
  form.hidden = false;
  const tagged = [...document.querySelectorAll("[data-tag-device], [data-tag-model], [data-tag-precision], [data-tag-target]")];
  const parts = tagged.map((element) => ({ element, tags: tagsOf(element) }));
  const groups = [...form.querySelectorAll("details")].map((group) => ({
    group, boxes: [...group.querySelectorAll("input")], said: group.querySelector(".chosen"),
  }));
  const apply = () => {
    let all = true;
    for (const { boxes, said } of groups) {
      const on = boxes.filter((box) => box.checked);
      const whole = on.length === boxes.length;
      all &&= whole;
      said.textContent = whole ? "all" : on.length === 1 ? on[0].value : `${on.length} of ${boxes.length}`;
      if (whole) delete chosen[boxes[0].name];
      else chosen[boxes[0].name] = new Set(on.map((box) => box.value));
    }
    for (const { element, tags } of parts) element.hidden = !isShown(tags);
    const rows = parts.filter(({ element }) => element.tagName === "TR");
    const left = rows.filter(({ element }) => !element.hidden).length;
    form.querySelector("output").textContent = all ? "" : `${left} of ${rows.length} rows shown`;
    form.querySelector("button").disabled = all;
    dispatchEvent(new Event("filtered"));
  };
  form.addEventListener("change", apply);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const { boxes } of groups) for (const box of boxes) box.checked = true;
    apply();
  });
  document.addEventListener("click", (event) => {
    for (const { group } of groups) if (!group.contains(event.target)) group.open = false;
  });
}

function tagsOf(element) {
  const tags = {};
  for (const { name, value } of element.attributes) if (name.startsWith("data-tag-")) tags[name.slice(9)] = value;
  return tags;
}
