// Begins the scripts of what can be passed on; `element` is the component.

// The address names the run that is shown, so that a reload or a link opens it again; where none is shown,
// it forgets one whose name begins with `gone`.
const address = gone => {
    const run = element.querySelector("[data-kept]")?.dataset.kept;
    const here = new URL(location.href), named = here.searchParams.get("run") ?? "";
    if (run ? run === named : !gone || !named.startsWith(gone)) return;
    if (run) here.searchParams.set("run", run);
    else here.searchParams.delete("run");
    history.replaceState(history.state, "", here);
};

// Whether it could be copied.
const copied = async text => {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {  // a page that is not served securely may not: the older way
        const field = document.createElement("textarea");
        field.value = text;
        element.append(field);
        field.select();
        const done = document.execCommand("copy");
        field.remove();
        return done;
    }
};

