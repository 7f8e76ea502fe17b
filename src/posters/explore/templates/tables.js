// The views that are no map: confusion by decade, and near-duplicates.

function showConfusion() {
  const test = TESTS.find((each) => each.name === state.test);
  const prior = state.prior ?? DATA.priorOf[test.name];
  const found = test.byPrior[prior];
  const decadeOf = (year) => Math.floor(year / 10) * 10;
  const cells = Map.groupBy(test.posters, (poster, row) => `${decadeOf(YEARS[poster])} ${decadeOf(found.year[row])}`);
  const decades = [];
  for (let decade = decadeOf(FIRST); decade <= LAST; decade += 10) decades.push(decade);
  const cell = (truth, guess, total) => {
    const posters = cells.get(`${truth} ${guess}`) ?? [];
    const made = element("td", { className: truth === guess ? "right" : "" });
    if (posters.length) made.append(button(posters.length,
      () => setList(`${truth}s predicted as ${guess}s`, posters),
      { ariaLabel: `${truth}s predicted as ${guess}s: ${posters.length} of ${total}` }));
    made.style.setProperty("--share", `${Math.round(100 * Math.sqrt(posters.length / Math.max(total, 1)))}%`);
    return made;
  };
  const rows = decades.map((truth) => {
    const total = decades.reduce((sum, guess) => sum + (cells.get(`${truth} ${guess}`)?.length ?? 0), 0);
    return element("tr", {}, element("th", { scope: "row" }, `${truth}s`), ...decades.map((guess) => cell(truth, guess, total)));
  });
  const heads = decades.map((decade) => element("th", { scope: "col", ariaLabel: `predicted ${decade}s` }, `’${String(decade).slice(2)}s`));
  document.getElementById("confusion").replaceChildren(
    element("h2", {}, "Which decades are taken for which"),
    element("div", { className: "options" },
      element("div", { className: "switch", role: "group", ariaLabel: "Test" }, ...choices(TESTS.map((each) => each.name), test.name, (name) => { state.test = name; state.prior = null; refresh(); })),
      element("span", {}, "test, "),
      element("div", { className: "switch", role: "group", ariaLabel: "Prior" }, ...choices(Object.keys(DATA.priors), prior, (name) => { state.prior = name; refresh(); })),
      element("span", {}, "prior")),
    element("p", { className: "quiet" }, "A row is the true decade, a column the decade of the predicted year. Press a number to see its posters."),
    element("div", { className: "wide" }, element("table", {}, element("caption", { className: "unseen" }, "True decade against predicted decade"),
      element("thead", {}, element("tr", {}, element("td"), ...heads)), element("tbody", {}, ...rows))),
  );
}

function showDuplicates() {
  document.getElementById("duplicates").replaceChildren(
    element("h2", {}, "Near-duplicates ", element("small", {}, DATA.duplicates.length.toLocaleString("en"))),
    element("p", { className: "quiet" }, "Pairs that the split found by vectors and pictures, and posters that were refused because the catalogue had them already."),
    element("div", { className: "pairs" }, ...DATA.duplicates.map(duplicatePair)),
  );
}
