// Draws every chart block of the page; text goes in by textContent only, so that no value can become markup.
(() => {
  "use strict";
  const tip = document.getElementById("tip");

  function hide() {
    tip.hidden = true;
    tip.replaceChildren();
  }

  // Vega's own tooltip writes style elements and HTML, which the page's policy forbids.
  function show(_view, event, _item, value) {
    if (value === null || value === undefined || value === "") {
      hide();
      return;
    }
    const rows = typeof value === "object" ? Object.entries(value) : [["", value]];
    tip.replaceChildren(...rows.map(([name, text]) => {
      const line = document.createElement("div");
      const label = document.createElement("span");
      label.textContent = name;
      const cell = document.createElement("b");
      cell.textContent = String(text);
      line.append(label, cell);
      return line;
    }));
    tip.hidden = false;
    const edge = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, edge))}px`;
    tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 10)}px`;
  }

  const options = {
    mode: "vega-lite",
    renderer: "svg",
    ast: true, // expressions are interpreted, never compiled: the policy has no unsafe-eval
    actions: false,
    defaultStyle: false,
    hover: false,
    tooltip: show,
  };

  // As many names side by side in a legend as fit between the labels of the rows and the right edge.
  function columns(place, spec) {
    return Math.max(1, Math.floor((place.clientWidth - 100) / spec.usermeta.legend));
  }

  async function draw(place, spec) {
    spec.config.legend.columns = columns(place, spec);
    spec.config.axisYBand.labelLimit = Math.max(120, Math.min(260, place.clientWidth * 0.3));
    try {
      const { finalize } = await vegaEmbed(place, spec, options);
      place.dataset.state = "drawn";
      return finalize;
    } catch (error) {
      place.dataset.state = "failed";
      place.textContent = "This chart could not be drawn; its figures are in the table below.";
      console.error(error);
      return () => {};
    }
  }

  for (const block of document.querySelectorAll("script[data-chart]")) {
    const place = document.getElementById(block.dataset.chart);
    const spec = JSON.parse(block.textContent);
    let drawing = draw(place, spec);
    window.addEventListener("resize", () => {
      if (columns(place, spec) !== spec.config.legend.columns) {
        drawing = drawing.then((finalize) => { finalize(); return draw(place, spec); });
      }
    });
  }
  document.addEventListener("scroll", hide, { passive: true });
})();
