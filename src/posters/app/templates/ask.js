// A click on an element with `data-ask`: predict the poster of this number.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ask]");
  if (!button) return;
  trigger("select", { number: Number(button.dataset.ask) });
  scrollTo({ top: 0, behavior: "smooth" });
});
