const rows = [...document.querySelectorAll("tbody tr")];
const heads = [...document.querySelectorAll("th")];
const search = document.querySelector("#search");
const filters = [...document.querySelectorAll("select")];
const show = () => {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    row.hidden = !wanted.every(word => row.dataset.text.includes(word))
      || filters.some(filter => filter.value && row.dataset[filter.name] !== filter.value);
  }
  const count = rows.filter(row => !row.hidden).length;
  document.querySelector("#shown").textContent = count;
  document.querySelector("#none").hidden = count > 0;
};
const sort = (column) => {
  const head = heads[column];
  const isNumber = head.classList.contains("number");
  const first = isNumber ? "descending" : "ascending";
  const second = isNumber ? "ascending" : "descending";
  const order = head.getAttribute("aria-sort") === first ? second : first;
  heads.forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const key = row => row.cells[column].dataset.sort ?? row.cells[column].textContent;
  rows.sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (isNumber ? a - b : a.localeCompare(b, document.documentElement.lang, { numeric: true }));
  });
  document.querySelector("tbody").append(...rows);
};
search.addEventListener("input", show);
document.querySelector("form").addEventListener("submit", event => event.preventDefault());
filters.forEach(filter => filter.addEventListener("change", show));
heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(column)));
show();
