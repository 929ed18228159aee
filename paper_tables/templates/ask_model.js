// End-To-End Memory Networks (Sukhbaatar et al., arXiv:1503.08895), one model, one question.
//
// The equations and the names are those of replication/models/memn2n.py, written out for one
// question and without bags: a memory is a sentence plus a time word,
// m_i = sum_j l_j * A x_ij + l_J * T_A(i). Weights are float32 as stored, sums are float64.
//
// Dimensions
//   N memory slots   K hops   d embedding   J words a sentence, the time word last
//   V rows of an embedding table: N time words (T_N first, T_1 last), the null word, the words
"use strict";

// Position encoding l_kj = c + a_k b_j (section 4.1, "PE"), for k = 1..d and j = 1..J.
//
// The released code:  l_kj = 1 + 4 (k - (d + 1)/2) (j - (J + 1)/2) / (d J).
// As printed:         l_kj = (1 - j/J) - (k/d)(1 - 2 j/J) = 1/2 + 2 (k/d - 1/2)(j/J - 1/2).
function position_encoding(J, d, printed) {
  const k = range(1, d), j = range(1, J);
  if (printed) {
    return {c: 0.5, a: k.map(k => k / d - 0.5), b: j.map(j => 2 * (j / J - 0.5))};
  }
  return {c: 1, a: k.map(k => (k - (d + 1) / 2) / d), b: j.map(j => 4 * (j - (J + 1) / 2) / J)};
}

// What kind of MemN2N: section 2.2 and the ablations of section 4.4.
class Form {
  constructor({d, K, tying, encoding, relu, weigh_time}) {
    Object.assign(this, {d, K, tying, encoding, relu, weigh_time});
  }

  get pe() { return this.encoding !== "BoW"; }
  get layerwise() { return this.tying === "layer-wise"; }
  get tables() { return this.layerwise ? 4 : this.K + 1; }     // E_0..E_K, or A, C, B and W
  A(k) { return this.layerwise ? 0 : k - 1; }                  // hop k's input memories, k = 1..K
  C(k) { return this.layerwise ? 1 : k; }                      // hop k's output memories
  get B() { return this.layerwise ? 2 : 0; }                   // the question
  get W() { return this.layerwise ? 3 : this.K; }              // the answers
}

class MemN2N {
  // E     the embedding tables, each V rows of d numbers
  // H     d rows of d numbers: the linear map between hops, layer-wise tying only (else null)
  // words the null word, then all words in the order of the tables' rows
  constructor(form, E, H, words, N, J) {
    Object.assign(this, {form, E, H, words, N, J});
    this.index = new Map(words.map((word, i) => [word, N + i]));
    this.known = new Map(E.map(table => [table, new Map()]));  // sentences that were encoded
    const ones = Array(form.d).fill(1);
    this.l = Array(J + 1).fill(ones);                          // l[j], j = 1..J
    if (form.pe) {
      const {c, a, b} = position_encoding(J, form.d, form.encoding === "PE as printed");
      range(1, J).forEach(j => { this.l[j] = a.map(a_k => c + a_k * b[j - 1]); });
      if (!form.weigh_time) this.l[J] = ones;
    }
  }

  // sum_j l_j * E x_j over the J - 1 words of a sentence, null words behind the last one. It is
  // remembered: the same few sentences are asked about again and again.
  encode(E, sentence) {
    const known = this.known.get(E), name = sentence.join(" ");
    if (!known.has(name)) known.set(name, this.sum(E, sentence));
    return known.get(name);
  }

  sum(E, sentence) {
    let total = Array(this.form.d).fill(0);
    for (const j of range(1, this.J - 1)) {
      const x_j = this.index.get(sentence[j - 1] ?? this.words[0]);
      total = plus(total, times(this.l[j], E[x_j]));
    }
    return total;
  }

  // m_i of every slot i = 1..N, the most recent statement first. An empty slot is null words.
  memories(E, statements) {
    const recent = statements.slice(-this.N).reverse();
    const empty = plus(this.encode(E, []), times(this.l[this.J], E[this.N]));
    return range(1, this.N).map(i => i > recent.length ? empty
      : plus(this.encode(E, recent[i - 1]), times(this.l[this.J], E[this.N - i])));   // + T(i)
  }

  // u_1 = sum_j l_j * B q_j
  ask(question) { return this.encode(this.E[this.form.B], question); }

  // K hops over the memory (equations 1, 2 and 4): the states u_1..u_{K+1}, and p_1..p_K.
  hops(statements, u) {
    const f = this.form, states = [u], attention = [];
    for (const k of range(1, f.K)) {
      const m = this.memories(this.E[f.A(k)], statements);
      const c = this.memories(this.E[f.C(k)], statements);
      const p = softmax(m.map(m_i => dot(u, m_i)));                          // equation 1
      const o = c.reduce((o, c_i, i) => plus(o, c_i.map(x => p[i] * x)),     // equation 2
                         Array(f.d).fill(0));
      u = plus(f.layerwise ? this.H.map(row => dot(row, u)) : u, o);         // equation 4
      if (f.relu) u = u.map(x => Math.max(x, 0));
      states.push(u);
      attention.push(p);
    }
    return {states, attention};
  }

  // Statements, oldest first, and a question, each a list of known words. Gives the probability
  // of every row of the table as the answer (V), softmax(W u_{K+1}), and attention (K, N).
  answer(statements, question) {
    const {states, attention} = this.hops(statements, this.ask(question));
    const u = states[this.form.K];
    return {probabilities: softmax(this.E[this.form.W].map(row => dot(row, u))), attention};
  }

  // The word of a row of the table; its first N rows are the time words, T_N first.
  name(row) { return row >= this.N ? this.words[row - this.N] : `<time ${this.N - row}>`; }
}

function range(first, last) {
  return Array.from({length: Math.max(0, last - first + 1)}, (_, i) => first + i);
}

function dot(x, y) {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] * y[i];
  return total;
}

function plus(x, y) { return x.map((x_i, i) => x_i + y[i]); }

function times(x, y) { return x.map((x_i, i) => x_i * y[i]); }

function softmax(z) {
  const top = Math.max(...z), e = z.map(z_i => Math.exp(z_i - top));
  const total = e.reduce((sum, e_i) => sum + e_i, 0);
  return e.map(e_i => e_i / total);
}

// A stored model as a MemN2N; its tables are float32 in base64, one after the other.
function model_of(stored) {
  const {N, J, words} = stored, form = new Form(stored.form), V = N + words.length;
  const E = range(1, form.tables).map(i => rows_of(stored.weights[`E${i - 1}`], V, form.d));
  const H = form.layerwise ? rows_of(stored.weights.H, form.d, form.d) : null;
  return new MemN2N(form, E, H, words, N, J);
}

function rows_of(base64, rows, columns) {
  const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return range(0, rows - 1).map(row => range(0, columns - 1).map(
    column => view.getFloat32(4 * (row * columns + column), true)));
}
