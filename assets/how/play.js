// Draws the recorded cycles of the "How it works" tab; runs when the page shows `element`, its content.
const stage = element.querySelector(".sw-stage");
if (stage) {
    const cycles = JSON.parse(stage.dataset.cycles), alone = Number(stage.dataset.alone);
    const lane = name => stage.querySelector(`[data-lane=${name}]`);
    const range = stage.querySelector("input"), play = stage.querySelector(".sw-play");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const PAUSE = 1600, STEP = 90;
    let timer = null;
    const chip = (text, kind, title, delay) => {
        const made = document.createElement("span");
        made.className = `sw-chip sw-${kind}`;
        made.textContent = text.trim() || "␣";
        made.title = title;
        if (!calm) made.style.animationDelay = `${delay}ms`;
        return made;
    };
    const span = (text, kind) => {
        const made = document.createElement("span");
        made.className = `sw-${kind}`;
        made.textContent = text;
        return made;
    };
    const own = cycle => cycle.accepted === cycle.proposed.length ? "bonus" : "correction";
    const show = number => {
        const cycle = cycles[number - 1], told = {
            accepted: "accepted", rejected: "refused: main wants another token", unchecked: "not looked at any more",
            correction: "main's own, in place of the refused one", bonus: "main's own, for free"};
        const verdict = at => at < cycle.accepted ? "accepted" : at === cycle.accepted ? "rejected" : "unchecked";
        lane("draft").replaceChildren(...cycle.proposed.map((text, at) =>
            chip(text, verdict(at), told[verdict(at)], at * STEP)));
        const answers = cycle.proposed.slice(0, cycle.accepted).map((text, at) =>
            chip(text, "accepted", told.accepted, (cycle.proposed.length + at) * STEP));
        if (cycle.own !== null) answers.push(chip(cycle.own, own(cycle), told[own(cycle)],
            (cycle.proposed.length + cycle.accepted) * STEP));
        lane("main").replaceChildren(...answers);
        const text = [];
        let tokens = 0, time = 0;
        cycles.slice(0, number).forEach((each, at) => {
            const fresh = at === number - 1 ? " sw-fresh" : "";
            const visible = value => value.startsWith("<|") ? "" : value;
            each.proposed.slice(0, each.accepted).forEach(one => text.push(span(visible(one), "drafted" + fresh)));
            if (each.own !== null) text.push(span(visible(each.own), "own" + fresh));
            tokens += each.accepted + (each.own === null ? 0 : 1);
            time += each.draft_ms + each.verify_ms;
        });
        lane("text").replaceChildren(...text);
        lane("tally").textContent = `Cycle ${number} of ${cycles.length}: ${tokens} tokens in ${number} ` +
            `${number === 1 ? "pass" : "passes"} of main (alone: ${tokens}); ${time.toFixed(0)} ms of decoding ` +
            `(alone: ${(tokens * alone).toFixed(0)} ms).`;
        range.value = number;
    };
    const stop = () => { clearInterval(timer); timer = null; play.textContent = "Play"; };
    const go = number => show(Math.min(Math.max(number, 1), cycles.length));
    const now = () => Number(range.value);
    const ways = {
        first: () => { stop(); go(1); }, back: () => { stop(); go(now() - 1); }, next: () => { stop(); go(now() + 1); },
        play: () => {
            if (timer) return stop();
            if (now() === cycles.length) go(1);
            play.textContent = "Pause";
            timer = setInterval(() => now() === cycles.length ? stop() : go(now() + 1), PAUSE);
        }};
    stage.addEventListener("click", event => ways[event.target.dataset.go]?.());
    range.addEventListener("input", () => { stop(); go(now()); });
    go(1);
}
