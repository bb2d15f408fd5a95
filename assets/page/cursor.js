// Begins the scripts of what can be heard: the line that moves over the picture of the sound.

// The rows of a timeline: where each lies in it, in pixels, and which seconds it shows.
const rows = figure => {
    const layout = figure?._fullLayout;
    return Object.keys(layout ?? {}).filter(name => /^xaxis\d*$/.test(name)).map(name => {
        const across = layout[name], down = layout[name.replace("x", "y")];
        return {from: across.range[0], to: across.range[1], left: across._offset, wide: across._length,
            top: down._offset, high: down._length};
    });
};
const figureOf = name => document.querySelector(`#${name} .js-plotly-plot`);

const cursor = (name, now) => {
    const figure = figureOf(name), row = rows(figure).find(each => now >= each.from && now < each.to);
    let line = figure?.querySelector(".sw-cursor");
    if (!row) return line?.remove();
    if (!line) {
        line = document.createElement("div");
        line.className = "sw-cursor";
        figure.append(line);
    }
    line.style.cssText = `left: ${row.left + row.wide * (now - row.from) / (row.to - row.from)}px; ` +
        `top: ${row.top}px; height: ${row.high}px`;
};

// A press on the picture plays from there.
const seek = (name, play) => document.addEventListener("pointerdown", event => {
    const figure = event.target.closest?.(`#${name} .js-plotly-plot`);
    if (!figure || event.button) return;
    const box = figure.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const row = rows(figure).find(each => y >= each.top && y < each.top + each.high && x >= each.left && x < each.left + each.wide);
    if (row) play(row.from + (row.to - row.from) * (x - row.left) / row.wide);
});

// While it plays, frame by frame, and after every jump: `step` with the time.
const follow = (player, step) => {
    let frame = 0;
    const go = () => {
        cancelAnimationFrame(frame);
        if (!player()) return;  // another result has taken its place
        step(player().currentTime);
        if (!player().paused && !player().ended) frame = requestAnimationFrame(go);
    };
    for (const kind of ["play", "seeked"]) element.addEventListener(kind, go, true);
};

