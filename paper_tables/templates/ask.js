// The page itself: a story to edit, and beside it what the model makes of it.
"use strict";

const stored = JSON.parse(document.getElementById("stored").textContent);
const at = id => document.getElementById(id);
const models = {};                      // key -> MemN2N, made when first asked
let state;                              // see `begin`
let what_if = null;                     // {kind: "without", i} or {kind: "swap", i, j}
let marked = null;                      // the statement that waits for another to be swapped with
let earlier = [];                       // states to go back to

// A story of the simulator, or none: what is on the page.
//   task, which   the task, and whose model reads: "own" or "joint"
//   number        which of the task's stories
//   statements    [{text, fact}], fact: a supporting fact
//   answer        that the simulator knows, null for a story of one's own
//   changed       whether it is another story by now
function begin(task, which, number, blank = false) {
  const story = stored.stories[task][number];
  state = {task, which, number, question: blank ? "" : story.question,
           answer: blank ? null : story.answer, changed: false,
           statements: blank ? [{text: "", fact: false}] : story.statements.map(
             (text, i) => ({text, fact: story.facts.includes(i)}))};
  earlier = [];
  draw();
}

const key = () => state.which === "joint" ? "joint" : String(state.task);
const model = () => models[key()] ??= model_of(stored.models[key()]);
const percent = p => (100 * p).toFixed(1) + "%";
const clone = value => JSON.parse(JSON.stringify(value));

// A change of the story: what was before can be brought back, and the known answer is no more.
function change(edit) {
  earlier.push(clone(state));
  edit(state.statements);
  state.changed = true;
}

function element(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

function button(action, label, text) {
  return element("button", {type: "button", "data-action": action, "aria-label": label,
                            title: label}, text);
}

// --- drawing

function draw(focus = null) {
  what_if = marked = null;
  at("task").value = state.task;
  for (const radio of document.getElementsByName("which")) {
    radio.checked = radio.value === state.which;
    radio.disabled = !stored.models[radio.value === "joint" ? "joint" : state.task];
  }
  const about = stored.models[key()];
  at("about").replaceChildren(about.about + " ", element("a", {href: about.href}, about.file),
                              `, SHA-256 ${about.sha256.slice(0, 12)}…`);
  at("which-story").textContent = state.answer === null ? "your own story"
    : `story ${state.number + 1} of ${stored.stories[state.task].length}`;
  at("words").textContent = model().words.slice(1).join(" ");
  at("question").value = state.question;
  const action = document.activeElement?.dataset.action;
  const K = range(1, model().form.K);
  at("story").tHead.replaceChildren(element("tr", {},
    element("th", {class: "number", scope: "col"}, "#"), element("th", {scope: "col"}, "statement"),
    element("th", {class: "support", scope: "col", "aria-label": "supporting fact"}, "◆"),
    ...K.map(k => element("th", {class: "hop", scope: "col"}, `hop ${k}`)),
    element("th", {class: "without", scope: "col"}, "without it"),
    element("td", {class: "actions"})));
  at("story").tBodies[0].replaceChildren(
    ...state.statements.map(row_of), element("tr", {class: "empty"},
      element("td", {class: "number"}), element("td", {class: "text"}, "(empty memory)"),
      element("td", {class: "support"}), ...K.map(hop_cell)));
  history.replaceState(null, "",
    `#task=${state.task}&model=${state.which}&story=${state.number + 1}`);
  refresh();
  if (focus !== null) focus_on(focus, action);
}

function row_of(statement, i) {
  const name = `statement ${i + 1}`;
  const field = element("textarea", {rows: 1, "aria-label": name, spellcheck: "false"},
                        statement.text);
  return element("tr", {"data-i": i},
    element("td", {class: "number"}, String(i + 1)),
    element("td", {class: "text"}, field, element("p", {class: "problem", role: "status"})),
    element("td", {class: "support"}),
    ...range(1, model().form.K).map(hop_cell),
    element("td", {class: "without"}, button("without", `what if ${name} were taken away`, "")),
    element("td", {class: "actions"},
      button("up", `move ${name} up`, "↑"), button("down", `move ${name} down`, "↓"),
      button("swap", `what if ${name} were swapped with another`, "⇄"),
      button("below", `add a statement below ${name}`, "+"),
      button("delete", `delete ${name}`, "✕")));
}

function hop_cell(k) { return element("td", {class: "hop", "data-hop": k}); }

// Everything that follows from the story: the model is asked again.
function refresh() {
  const now = read_story(model(), state.statements, state.question);
  const then = what_if && read_story(model(), tried(state.statements, what_if), state.question);
  state.statements.forEach((statement, i) => refresh_row(row_at(i), statement, i, now, then));
  const empty = at("story").tBodies[0].lastChild;
  empty.hidden = !now || Math.max(...now.empty, ...(then ? then.empty : [])) < 0.0005;
  fill_hops(empty, now && now.empty, then && then.empty);
  const problem = problem_of(model(), state.question);
  at("question-problem").textContent = problem && `No answer: ${problem}.`;
  at("question").setAttribute("aria-invalid", Boolean(problem));
  show_answers(now, then);
  at("undo").disabled = !earlier.length;
}

function refresh_row(row, statement, i, now, then) {
  const problem = problem_of(model(), statement.text);
  const hops = now && now.hops.get(statement);
  const moved = what_if && what_if.kind === "swap" && (i === what_if.i || i === what_if.j);
  row.className = [statement.fact && "fact", hops === null && "forgotten", moved && "moved",
    what_if && what_if.kind === "without" && what_if.i === i && "away"].filter(Boolean).join(" ");
  const field = row.querySelector("textarea");
  field.setAttribute("aria-invalid", Boolean(problem));
  field.style.height = "auto";             // as high as its text, where that takes several lines
  field.style.height = `${field.scrollHeight + 2}px`;
  row.querySelector(".problem").textContent = problem ? `Left out: ${problem}.`
    : now && hops === null ? `Forgotten: the memory holds ${model().N} statements.` : "";
  row.querySelector(".support").textContent = !statement.fact ? "" : state.changed ? "◇" : "◆";
  fill_hops(row, hops, then && (then.hops.get(statement) ?? null));
  const without = row.querySelector("[data-action=without]");
  const other = hops && read_story(model(), tried(state.statements, {kind: "without", i}),
                                   state.question);
  without.textContent = other ? `${other.answers[0].word} ${percent(other.answers[0].p)}` : "–";
  without.classList.toggle("changes", Boolean(other)
                           && other.answers[0].word !== now.answers[0].word);
  without.disabled = !other;
  without.setAttribute("aria-pressed", Boolean(what_if) && what_if.kind === "without"
                       && what_if.i === i);
  const swap = row.querySelector("[data-action=swap]");
  swap.setAttribute("aria-pressed", marked === i || Boolean(moved));
  row.querySelector("[data-action=up]").disabled = i === 0;
  row.querySelector("[data-action=down]").disabled = i === state.statements.length - 1;
}

// The attention of each hop as figures on a shade; under a "what if" with what it was before.
function fill_hops(row, hops, tried_hops) {
  row.querySelectorAll(".hop").forEach((cell, k) => {
    const shown = what_if ? tried_hops : hops;
    cell.style.background = shown ? `rgba(var(--heat), ${(0.55 * shown[k]).toFixed(3)})` : "";
    cell.replaceChildren(shown ? (100 * shown[k]).toFixed(1) : "–");
    if (what_if && hops) cell.append(element("small", {}, `was ${(100 * hops[k]).toFixed(1)}`));
  });
}

function show_answers(now, then) {
  const shown = what_if ? then : now;
  at("said").replaceChildren(...(!shown ? ["No answer without a statement and a question."] : [
    element("b", {}, shown.answers[0].word), ` ${percent(shown.answers[0].p)}, then `,
    `${shown.answers[1].word} ${percent(shown.answers[1].p)}`]));
  at("verdict").textContent = verdict(now);
  const before = what_if && now && new Map(now.answers.map(({word, p}) => [word, p]));
  at("answers").replaceChildren(...(shown ? shown.answers.slice(0, 5) : []).flatMap(
    ({word, p}) => [answer_line("", word, p),
                    ...(before ? [answer_line("was", "before", before.get(word))] : [])]));
  at("what-if").hidden = !what_if;
  if (what_if) at("what-if").firstChild.textContent = outcome(now, then);
}

function answer_line(kind, word, p) {
  return element("li", {class: kind}, element("span", {}, word),
    element("span", {class: "bars"}, element("span", {class: "bar", style: `width: ${100 * p}%`})),
    element("span", {class: "share"}, percent(p)));
}

// Whether the answer is right, as far as that is known.
function verdict(now) {
  if (state.answer === null || what_if) return "";
  if (state.changed) return `Before you changed the story, the right answer was ${state.answer}.`;
  if (!now) return "";
  return now.answers[0].word === state.answer ? "✓ That is right."
    : `✗ The right answer is ${state.answer}.`;
}

function outcome(now, then) {
  const asked = what_if.kind === "without"
    ? `What if statement ${what_if.i + 1} were taken away?`
    : `What if statements ${what_if.i + 1} and ${what_if.j + 1} were swapped?`;
  if (!now || !then) return `${asked} Nothing is left to answer from.`;
  const [was] = now.answers, [is] = then.answers;
  return `${asked} ` + (is.word === was.word
    ? `The answer stays ${is.word}, ${percent(is.p)} where it was ${percent(was.p)}.`
    : `The answer becomes ${is.word} (${percent(is.p)}), where it was ${was.word} `
      + `(${percent(was.p)}).`);
}

// --- what a person does

const row_at = i => at("story").tBodies[0].rows[i];

// To a statement, or to the button of its row that was pressed.
function focus_on(i, action) {
  const last = state.statements.length - 1;
  if (last < 0) return at("add").focus();
  const row = row_at(Math.min(Math.max(i, 0), last));
  const pressed = action && row.querySelector(`[data-action=${action}]:enabled`);
  (pressed || row.querySelector("textarea")).focus();
}

const actions = {
  up: i => move(i, i - 1), down: i => move(i, i + 1),
  below(i) {
    change(statements => statements.splice(i + 1, 0, {text: "", fact: false}));
    document.activeElement.blur();
    draw(i + 1);
  },
  delete(i, next = i) {
    change(statements => statements.splice(i, 1));
    draw(next);
  },
  without: i => ask_what_if(what_if && what_if.kind === "without" && what_if.i === i ? null
    : {kind: "without", i}),
  swap(i) {
    if (marked === null || marked === i) {
      const again = marked === i;
      ask_what_if(null);
      marked = again ? null : i;
      refresh();
    } else {
      ask_what_if({kind: "swap", i: marked, j: i});
    }
  },
};

// Several lines, as a story that is pasted has them, become as many statements.
function rewrite(i, text) {
  const lines = text.split("\n");
  change(statements => {
    statements.splice(i, 1, ...lines.map(line => ({text: line.trimStart(), fact: false})));
  });
  if (lines.length > 1) draw(i + lines.length - 1);
  else ask_what_if(null);
}

function move(i, j) {
  if (j < 0 || j >= state.statements.length) return;
  change(statements => statements.splice(j, 0, statements.splice(i, 1)[0]));
  draw(j);
}

function ask_what_if(wanted) {
  what_if = wanted;
  marked = null;
  refresh();
}

function keep() {
  if (!what_if) return;
  const wanted = what_if;
  change(() => { state.statements = tried(state.statements, wanted); });
  draw(wanted.i);
}

function undo() {
  if (!earlier.length) return;
  state = earlier.pop();
  const row = document.activeElement.closest("#story tr");
  draw(row ? Number(row.dataset.i) : null);
  if (!earlier.length) focus_on(0);  // the button, where it was pressed, can no longer be
}

const letters = {w: "without", s: "swap"};

function key_in_statement(event, i) {
  const action = event.altKey && (letters[event.key.toLowerCase()]
    ?? {ArrowUp: "up", ArrowDown: "down"}[event.key]);
  if (action) {
    actions[action](i);
  } else if (event.key === "Enter") {
    actions.below(i);
  } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    focus_on(i + (event.key === "ArrowUp" ? -1 : 1));
  } else if (event.key === "Backspace" && !event.target.value) {
    actions.delete(i, i - 1);
  } else {
    return;
  }
  event.preventDefault();
}

function key_anywhere(event) {
  const action = event.key === "Escape" ? () => ask_what_if(null)
    : event.altKey ? {k: keep, z: undo}[event.key.toLowerCase()] : undefined;
  if (!action) return;
  event.preventDefault();
  action();
}

const place_of = event => Number(event.target.closest("tr").dataset.i);

function listen() {
  const body = at("story").tBodies[0];
  body.addEventListener("click", event => {
    const pressed = event.target.closest("[data-action]");
    if (pressed) actions[pressed.dataset.action](place_of(event));
  });
  body.addEventListener("input", event => rewrite(place_of(event), event.target.value));
  body.addEventListener("keydown", event => {
    if (event.target.matches("textarea")) key_in_statement(event, place_of(event));
  });
  document.addEventListener("keydown", key_anywhere);
  at("question").addEventListener("input", event => {
    change(statements => statements.forEach(statement => { statement.fact = false; }));
    state.question = event.target.value;
    refresh();
  });
  at("add").addEventListener("click", () => actions.below(state.statements.length - 1));
  at("keep").addEventListener("click", keep);
  at("leave").addEventListener("click", () => ask_what_if(null));
  at("undo").addEventListener("click", undo);
  at("again").addEventListener("click", () => begin(state.task, state.which, state.number));
  at("blank").addEventListener("click", () => {
    begin(state.task, state.which, state.number, true);
    focus_on(0);
  });
  at("previous").addEventListener("click", () => turn(-1));
  at("next").addEventListener("click", () => turn(1));
  at("task").addEventListener("change", event => go(event.target.value, state.which, 0));
  at("which").addEventListener("change", event => {
    state.which = event.target.value;
    draw();
  });
  window.addEventListener("hashchange", open_link);
}

function turn(step) {
  const count = stored.stories[state.task].length;
  begin(state.task, state.which, (state.number + step + count) % count);
}

// A task's story, read by the model that is wanted, or by the one that is there.
function go(task, which, number) {
  const known = stored.stories[task] ? task : Object.keys(stored.stories)[0];
  const other = which === "joint" ? "own" : "joint";
  const there = stored.models[which === "joint" ? "joint" : known] ? which : other;
  begin(known, there, stored.stories[known][number] ? number : 0);
}

// A link to a story: #task=3&model=joint&story=2, each part may be left out.
function open_link() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  go(wanted.get("task") ?? "1", wanted.get("model") ?? "own", Number(wanted.get("story") ?? 1) - 1);
}

at("task").append(...Object.entries(stored.tasks).map(
  ([task, name]) => element("option", {value: task}, `${task} ${name}`)));
listen();
open_link();
