// Sound, picture, words and cycles of a comparison belong together: what is pointed at in one lights in all.
// Runs once, after page/cursor.js; `element` holds the transcripts, whose content changes with every comparison.
const BEFORE = 0.6;  // seconds that are played before a word that is looked into
const player = () => element.querySelector("audio");
const linked = piece => document.querySelectorAll(`:is(#text, #grid) [data-piece="${piece}"]`);
const light = (kind, pieces) => {
    document.querySelectorAll(`:is(#text, #grid) .${kind}`).forEach(each => each.classList.remove(kind));
    pieces.forEach(piece => linked(piece).forEach(each => each.classList.add(kind)));
};
const tell = text => {
    const told = document.querySelector("#grid [data-part=told]");
    if (told && text) told.textContent = text;
};
const play = from => {
    if (!player()) return;
    player().currentTime = Math.max(0, from);
    player().play().catch(() => {});  // it may be stopped again before it begins
};
const span = piece => element.querySelector(`[data-piece="${piece}"]`);

// From a cell or a word to the others that are the same token.
const look = target => {
    const at = target.closest?.("#grid td[data-told], #text [data-piece]");
    if (!at) return;
    const piece = at.dataset.piece;
    light("sw-pointed", piece === undefined ? [] : [piece]);
    if (at.dataset.told) tell([at.dataset.told, span(piece)?.matches(".sw-correction") ? span(piece).title : ""]
        .filter(Boolean).join(" · "));
    if (at.closest("#text") && piece !== undefined && player()?.paused !== false) cursor("timeline", Number(span(piece).dataset.start));
};
document.addEventListener("pointerover", event => look(event.target));
document.addEventListener("focusin", event => look(event.target));
document.addEventListener("click", event => {
    const at = event.target.closest?.("#grid td[data-piece], #text [data-piece]");
    if (at) play(Number(span(at.dataset.piece).dataset.start));
});

// The grid is one stop of Tab; in it the arrows go from cell to cell.
const ARROWS = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};
document.addEventListener("keydown", event => {
    const grid = event.target.closest?.("#grid .sw-grid-scroll");
    if (!grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = event.target.closest("td");
    const move = ARROWS[event.key];
    if (move) {
        const place = here ? [...here.parentElement.cells].indexOf(here) + move[1] : 1;
        const row = here ? here.parentElement.sectionRowIndex + move[0] : 0;
        const next = grid.querySelector("tbody").rows[row]?.cells[place];
        if (next?.dataset.told) {
            next.tabIndex = -1;
            next.focus();
        }
    } else if (event.key === "Enter" && here?.dataset.piece) play(Number(span(here.dataset.piece).dataset.start));
    else return;
    event.preventDefault();
});

let visited = -1;  // the piece of the last correction that was looked into
element.addEventListener("click", event => {
    if (event.target.dataset.go !== "correction") return;
    const all = [...element.querySelectorAll(".sw-speculative .sw-correction[data-piece]")];
    const next = all.find(each => Number(each.dataset.piece) > visited) ?? all[0];
    visited = Number(next.dataset.piece);
    light("sw-pointed", [next.dataset.piece]);
    const box = next.closest(".sw-text");
    box.scrollTop = next.offsetTop - box.offsetTop - box.clientHeight / 2;
    element.querySelector("[data-part=said]").textContent = `${next.title}.`;
    play(Number(next.dataset.start) - BEFORE);
});
seek("timeline", play);

let lit = "";  // the pieces that are lit
follow(player, now => {
    cursor("timeline", now);
    const said = [...element.querySelectorAll(".sw-speculative [data-piece]")]
        .filter(each => now >= Number(each.dataset.start) && now < Number(each.dataset.end)).map(each => each.dataset.piece);
    if (said.join() !== lit) light("sw-said-now", said);
    lit = said.join();
});
new MutationObserver(() => { visited = -1; lit = ""; }).observe(element, {childList: true});
