// A finished transcript: what is being said is marked, a click plays from there, keys work the player.
// Runs once, after page/kept.js, page/cursor.js and what names its tab; `element` is the component, whose content changes with every transcript.
const STEP = 5;  // seconds back and on
const one = selector => element.querySelector(selector);
const player = () => one(".sw-player audio");
const words = () => [...element.querySelectorAll("[data-word]")];

const play = from => {
    player().currentTime = Number(from);
    player().play().catch(() => {});  // it may be stopped again before it begins
};
// Keys that follow closely are one jump: Chromium's player may stop for good in the second of two.
let aim = null, jump = 0;
const move = seconds => {
    aim = Math.max(0, (aim ?? player().currentTime) + seconds);
    clearTimeout(jump);
    jump = setTimeout(() => {
        player().currentTime = aim;
        aim = null;
    }, 100);
};
const said = text => { one("[data-part=said]").textContent = text; };

// One word can be reached by Tab; from it the arrows go on.
const reach = word => {
    element.querySelectorAll("[data-word][tabindex]").forEach(each => each.removeAttribute("tabindex"));
    word?.setAttribute("tabindex", "0");
};
const visit = word => {
    if (!word) return;
    reach(word);
    word.focus();
};
const beside = (word, step) => {
    const all = words();
    return all[all.indexOf(word) + step];
};

// From the word that has the focus, else from the one that sounds; after the last one from the first.
const doubtful = () => {
    const all = words();
    const here = all.indexOf(document.activeElement);
    const after = here >= 0 ? here : all.findIndex(each => each.classList.contains("sw-said-now"));
    const doubts = all.filter(each => each.matches(".sw-unsure, .sw-doubtful, .sw-changed"));
    visit(doubts.find(each => all.indexOf(each) > after) ?? doubts[0]);
};

const copy = async () => {
    const lines = [...element.querySelectorAll(".sw-segments li > span")].map(each => each.textContent.trim());
    if (await copied(lines.join("\n"))) return said("Copied.");
    getSelection().selectAllChildren(one(".sw-segments"));
    said("It is selected: copy it with Ctrl+C.");
};

const GO = {back: () => move(-STEP), on: () => move(STEP), doubt: doubtful, copy};
element.addEventListener("click", event => {
    const go = GO[event.target.dataset.go];
    if (go) return go();
    const line = event.target.closest(".sw-segments li");
    if (!line || !player()) return;
    const word = event.target.closest("[data-word]");
    play(word ? word.dataset.word : line.dataset.start);
});
element.addEventListener("change", event => {
    if (event.target.dataset.part === "speed") player().playbackRate = Number(event.target.value);
});

document.addEventListener("keydown", event => {
    if (!player() || !element.offsetParent || event.ctrlKey || event.metaKey || event.altKey) return;
    const word = event.target.closest?.("[data-word]");
    if (word && element.contains(word)) {
        if (event.key === "ArrowRight") visit(beside(word, 1));
        else if (event.key === "ArrowLeft") visit(beside(word, -1));
        else if (event.key === "Enter" || event.key === " ") play(word.dataset.word);
        else return;
        return event.preventDefault();
    }
    const elsewhere = event.target.closest?.("input, textarea, select, button, a, audio, [role], [contenteditable]");
    if (elsewhere && elsewhere !== document.body && !elsewhere.matches("[role=tabpanel], [role=status], main")) return;
    if (event.key === " ") player().paused ? player().play().catch(() => {}) : player().pause();
    else if (event.key === "ArrowLeft") move(-STEP);
    else if (event.key === "ArrowRight") move(STEP);
    else return;
    event.preventDefault();
});

const mark = () => {
    const now = player().currentTime;
    let caption = "";
    for (const line of element.querySelectorAll(".sw-segments li")) {
        const here = now >= Number(line.dataset.start) && now < Number(line.dataset.end);
        if (here) {
            caption = line.querySelector("span").textContent;
            if (!line.classList.contains("sw-now")) {
                const list = line.parentElement;
                list.scrollTop = line.offsetTop - list.offsetTop - list.clientHeight / 2;
            }
        }
        line.classList.toggle("sw-now", here);
        const begun = here ? [...line.querySelectorAll("[data-word]")].filter(each => Number(each.dataset.word) <= now) : [];
        line.querySelectorAll(".sw-said-now").forEach(each => each !== begun.at(-1) && each.classList.remove("sw-said-now"));
        begun.at(-1)?.classList.add("sw-said-now");
    }
    one(".sw-caption").textContent = caption;
};
element.addEventListener("timeupdate", mark, true);

if (picture) {
    follow(player, now => cursor(picture, now));
    seek(picture, play);
}

const look = () => {
    address(one(".sw-error") ? gone : "");
    if (!one("[data-word][tabindex]")) reach(one("[data-word]"));
};
new MutationObserver(look).observe(element, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-kept"]});
look();
