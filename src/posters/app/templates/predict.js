// A click on an element with `data-predict`: predict the poster of this number.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-predict]");
  if (!button) return;
  trigger("select", { number: Number(button.dataset.predict) });
  scrollTo({ top: 0, behavior: "smooth" });
});
