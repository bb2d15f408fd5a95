// What of a comparison can be passed on: its address, and a picture that is drawn here.
// Runs once, after page/kept.js; `element` is the component, whose content changes with every comparison.
const WIDTH = 1200, HEIGHT = 630, LEFT = 64, RIGHT = WIDTH - 64;
const INK = "#171D24", PALE = "#DDE2E7";

const seconds = value => value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(1)} s`;

const draw = (data, quoted) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [WIDTH, HEIGHT];
    const pen = canvas.getContext("2d");
    const [main, draft, subdued] = data.colours;
    const box = (x, y, width, height, colour) => {
        pen.fillStyle = colour;
        pen.beginPath();
        pen.roundRect(x, y, Math.max(width, 2), height, 6);
        pen.fill();
    };
    const write = (text, x, y, size, {colour = INK, weight = 400, align = "left", most = RIGHT - LEFT} = {}) => {
        pen.font = `${weight} ${size}px system-ui, sans-serif`;
        pen.fillStyle = colour;
        pen.textAlign = align;
        pen.fillText(text, x, y, most);
    };
    pen.fillStyle = "#FFFFFF";
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    write("SpecWhisper", LEFT, 66, 26, {weight: 700});
    write(data.about, RIGHT, 66, 22, {colour: subdued, align: "right", most: 760});
    write(data.verdict, LEFT, 150, 56, {weight: 700});
    write(data.speed, LEFT, 200, 30, {colour: subdued});
    const longest = Math.max(...data.decode, 1e-9);
    data.ways.forEach((way, at) => {
        const y = 258 + 92 * at, count = data.passes[at];
        write(way, LEFT, y, 26, {weight: 600, most: 560});
        write(`${count} ${count === 1 ? "pass" : "passes"} · ${seconds(data.decode[at])} decode · ` +
            `${seconds(data.total[at])} total`, RIGHT, y, 24, {colour: subdued, align: "right", most: 500});
        box(LEFT, y + 14, (RIGHT - LEFT) * data.decode[at] / longest, 26, at ? draft : main);
    });
    const tick = (RIGHT - LEFT) / Math.max(data.ticks.length, 1);
    data.ticks.forEach((colour, at) => {
        pen.fillStyle = colour;
        pen.fillRect(LEFT + at * tick, 436, Math.max(tick - Math.min(3, tick / 4), 1), 40);
    });
    write("Every token: blue from the draft, orange main's own", LEFT, 504, 20, {colour: subdued});
    pen.fillStyle = PALE;
    pen.fillRect(LEFT, 522, RIGHT - LEFT, 1);
    if (quoted) {
        pen.font = "400 26px system-ui, sans-serif";
        const lines = [""];
        for (const word of data.quote.split(" ")) {
            const longer = `${lines.at(-1)} ${word}`.trim();
            if (pen.measureText(longer).width <= RIGHT - LEFT - 30) lines[lines.length - 1] = longer;
            else lines.push(word);
        }
        lines.slice(0, 2).forEach((line, at) => write(
            `${at ? "" : "“"}${line}${at === Math.min(lines.length, 2) - 1 ? lines.length > 2 ? " …”" : "”" : ""}`,
            LEFT, 562 + 36 * at, 26));
    } else write("A large Whisper's exact words, drafted by a small one", LEFT, 574, 26);
    return new Promise(done => canvas.toBlob(done, "image/png"));
};

element.addEventListener("click", async event => {
    const root = event.target.closest(".sw-share");
    const part = name => root.querySelector(`[data-part=${name}]`);
    if (event.target.dataset.go === "link") {
        part("said").textContent = await copied(location.href)
            ? `Copied: it works for ${part("said").dataset.lasts}.` : "Copy the page's address: it is the link.";
    }
    if (event.target.dataset.go === "picture") {
        const data = JSON.parse(root.dataset.picture);
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await draw(data, part("quote").checked));
        link.download = "specwhisper.png";
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }
});
