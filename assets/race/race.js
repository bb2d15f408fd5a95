// Plays the race of the Compare tab: each lane is told what its passes wrote and how long they took.
// Runs once; `element` is the component, whose content changes with every comparison.
const LONG = 10000;  // milliseconds in which main alone is shown writing its text
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
let frame = null, seen = null;

const span = (text, kind) => {
    const made = document.createElement("span");
    made.className = `sw-${kind}`;
    made.textContent = text;
    return made;
};

const passes = count => count === 1 ? "pass" : "passes";

class Lane {
    constructor(root, passes) {
        this.part = name => root.querySelector(`[data-part=${name}]`);
        this.passes = passes;
        this.total = passes.reduce((sum, each) => sum + each.draft_ms + each.verify_ms, 0);
        this.part("room").textContent = passes.flatMap(each => each.written.map(([text]) => text)).join("").trim();
        this.done = 0;
        this.began = 0;  // when the pass at hand began, in ms of decoding
        this.live = span("", "race-live");
        this.shown = "";
        this.part("text").replaceChildren(this.live);
        this.count();
    }
    count() {
        this.part("passes").textContent = this.done;
        this.part("unit").textContent = passes(this.done);
    }
    // What a finished pass wrote; a proposal that was refused stays, struck out, until the next pass is done.
    settle(pass) {
        this.part("text").querySelectorAll(".sw-race-struck").forEach(each => each.remove());
        const refused = pass.proposed[pass.accepted];
        for (const [text, origin] of pass.written) {
            if (origin === "correction" && refused)
                this.live.before(span(refused, "race-struck"));
            // As in the transcripts below: no colour begins before its word.
            const first = this.live === this.part("text").firstChild, word = text.trimStart();
            if (!first && origin !== this.origin) {
                this.live.before(text.slice(0, text.length - word.length));
                this.live.before(span(word, origin));
            } else this.live.before(span(first ? word : text, origin));
            this.origin = origin;
        }
        this.done += 1;
        this.began += pass.draft_ms + pass.verify_ms;
    }
    at(time) {
        const before = this.done;
        while (this.done < this.passes.length) {
            const pass = this.passes[this.done];
            if (time < this.began + pass.draft_ms + pass.verify_ms) break;
            this.settle(pass);
        }
        if (this.done !== before) this.count();
        this.propose(this.passes[this.done], time);
        this.part("bar").style.width = `${100 * Math.min(time, this.total) / Lane.longest}%`;
        return this.done === this.passes.length;
    }
    propose(pass, time) {
        const since = time - this.began;
        const many = pass ? Math.min(Math.ceil(pass.proposed.length * since / (pass.draft_ms || 1)), pass.proposed.length) : 0;
        const verifying = pass && since >= pass.draft_ms;
        const state = `${many} ${verifying}`;
        if (state === this.shown) return;
        this.shown = state;
        this.live.classList.toggle("sw-race-verified", Boolean(verifying));
        this.live.replaceChildren(...(pass ? pass.proposed.slice(0, many).filter(Boolean) : []).map(
            each => span(each, "race-proposed")));
    }
}

const pace = factor => {
    const times = factor >= 10 ? factor.toFixed(0) : factor.toFixed(1);
    if (factor > 1.05) return `Slowed down ${times} times`;
    return factor < 0.95 ? `Sped up ${(1 / factor).toFixed(1)} times` : "At its true speed";
};
const seconds = ms => ms < 10000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;

const play = (race, at_once) => {
    cancelAnimationFrame(frame);
    const data = JSON.parse(race.dataset.race);
    const lanes = ["alone", "drafted"].map(name => new Lane(race.querySelector(`[data-lane=${name}]`), data.lanes[name]));
    const part = name => race.querySelector(`header [data-part=${name}], :scope > [data-part=${name}]`);
    Lane.longest = Math.max(...lanes.map(each => each.total), 1);
    const factor = LONG / Math.max(lanes[0].total, 1);
    part("pace").textContent = pace(factor);
    part("end").textContent = "";
    const end = () => {
        const [alone, drafted] = lanes;
        part("end").textContent = `${data.identical ? "The same text" : "Another text"}: ${drafted.passes.length} ${passes(drafted.passes.length)} ` +
            `of main instead of ` +
            `${alone.passes.length}, ${seconds(drafted.total)} of decoding instead of ${seconds(alone.total)}.`;
        race.classList.add("sw-race-over");
    };
    race.classList.remove("sw-race-over");
    if (at_once) {
        lanes.forEach(each => each.at(Infinity));
        return end();
    }
    const run = race.dataset.run;
    let start = null;
    const tick = now => {
        start ??= now;
        if (!race.isConnected || race.dataset.run !== run) return;
        const finished = lanes.map(each => each.at((now - start) / factor));
        if (finished.every(Boolean)) return end();
        frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
};

// A race begins when it comes into sight.
const sight = new IntersectionObserver(entries => entries.forEach(entry => {
    if (!entry.isIntersecting) return;
    sight.unobserve(entry.target);
    play(entry.target, calm());
}), {threshold: 0.3});
const look = () => {
    const race = element.querySelector(".sw-race");
    if (race?.dataset.run === seen) return;  // the page may keep an element and change what is in it
    seen = race?.dataset.run;
    sight.disconnect();
    if (race) sight.observe(race);
};
new MutationObserver(look).observe(element, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-run"]});
element.addEventListener("click", event => {
    if (event.target.dataset.go === "replay") play(event.target.closest(".sw-race"), false);
});
look();
