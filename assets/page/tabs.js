// Gives every tab an address (#transcribe), so that Back goes back, and a reload or a link opens the same tab.
() => {
    const tabs = () => [...document.querySelectorAll("#tabs [role=tab]")].filter(each => each.offsetParent);
    const name = tab => tab.textContent.trim().toLowerCase().replaceAll(/\s+/g, "-");
    const selected = () => tabs().find(each => each.getAttribute("aria-selected") === "true");
    const addressed = () => tabs().find(each => name(each) === location.hash.slice(1)) ?? tabs()[0];
    const go = () => { if (addressed() !== selected()) addressed().click(); };
    go();
    addEventListener("popstate", go);
    new MutationObserver(() => {
        const tab = selected();
        if (!tab || tab === addressed()) return;
        const here = new URL(location.href);  // a run that it names stays: a reload shall find it
        here.hash = name(tab);
        history.pushState(null, "", here);
    }).observe(document.getElementById("tabs"), {subtree: true, attributes: true, attributeFilter: ["aria-selected"]});
}
