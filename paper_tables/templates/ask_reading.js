// What a model makes of a story as it is typed: words, what it does not know, answers, attention.
"use strict";

// As tasks.babi.words_of: lower case; '.' and '?' at the end of a word are not part of it.
function words_of(text) {
  return text.toLowerCase().split(/\s+/).map(word => word.replace(/[.?]+$/, ""))
    .filter(word => word);
}

// Why the model cannot read a sentence, in words; "" where it can.
function problem_of(model, text) {
  const words = words_of(text), longest = model.J - 1;
  const unknown = [...new Set(words.filter(word => !model.index.has(word)))];
  if (unknown.length) {
    return "the model does not know " + unknown.map(word => {
      const near = nearest(word, model.words);
      return `“${word}”` + (near ? ` (perhaps “${near}”)` : "");
    }).join(", ");
  }
  return words.length <= longest ? ""
    : `${words.length} words, and the longest sentence that the model knows has ${longest}`;
}

// The word that differs in the fewest letters, if in no more than a third of them.
function nearest(word, words) {
  const ranked = words.slice(1).map(other => [distance(word, other), other])
    .sort((x, y) => x[0] - y[0]);
  return ranked.length && ranked[0][0] <= Math.max(1, word.length / 3) ? ranked[0][1] : null;
}

// Letters to change, add or leave out between two words (Levenshtein).
function distance(x, y) {
  let row = range(0, y.length);
  for (let i = 1; i <= x.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= y.length; j++) {
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x[i - 1] !== y[j - 1])));
    }
  }
  return row[y.length];
}

// The model's reading of statements [{text}], oldest first, and a question; null without either.
//
//   answers  [{word, p}] of all rows of the table, the most probable first
//   hops     Map: statement -> its attention at each hop (K), or null where it is too old for the
//            memory; statements that the model cannot read are left out
//   empty    attention of each hop on slots without a statement (K)
function read_story(model, statements, question) {
  const told = statements.filter(
    statement => words_of(statement.text).length && !problem_of(model, statement.text));
  if (!told.length || !words_of(question).length || problem_of(model, question)) return null;
  const {probabilities, attention} = model.answer(
    told.map(statement => words_of(statement.text)), words_of(question));
  const n = Math.min(told.length, model.N);
  return {
    answers: probabilities.map((p, row) => ({word: model.name(row), p}))
      .sort((x, y) => y.p - x.p),
    hops: new Map(told.map((statement, i) => {
      const slot = told.length - 1 - i;                        // the most recent one is in slot 0
      return [statement, slot < model.N ? attention.map(p => p[slot]) : null];
    })),
    empty: attention.map(p => p.slice(n).reduce((sum, p_i) => sum + p_i, 0)),
  };
}

// The statements under a "what if": one taken away, or two that change places.
function tried(statements, what_if) {
  if (what_if.kind === "without") return statements.filter((_, i) => i !== what_if.i);
  const others = [...statements];
  [others[what_if.i], others[what_if.j]] = [others[what_if.j], others[what_if.i]];
  return others;
}
