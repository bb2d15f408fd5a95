// A list is no stop of its own for Tab: Chromium makes one of whatever scrolls, and the focus was lost with it.
() => {
    document.addEventListener("focusin", event => {
        if (event.target.getAttribute("role") !== "combobox") return;
        const name = event.target.getAttribute("aria-controls");
        requestAnimationFrame(() => document.getElementById(name)?.setAttribute("tabindex", "-1"));
    });
}
