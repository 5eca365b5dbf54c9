"use strict";
// A click on a head sorts its table: numbers and dates by what they are, not by how they read.
for (const head of document.querySelectorAll("thead th")) {
  head.querySelector("button").addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const column = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    const value = (row) => {
      const { order, value } = row.cells[column].dataset;
      return order ?? value ?? row.cells[column].textContent;
    };
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const byNumber = x - y;
      const more = Number.isNaN(byNumber) ? x.localeCompare(y, "en") : byNumber;
      return up ? more : -more;
    };
    body.append(...Array.from(body.rows).sort(order));
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
  });
}
