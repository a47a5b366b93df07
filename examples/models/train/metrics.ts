/** Area under the ROC curve; ties count half. */
export function rocAuc(scores: readonly number[], labels: readonly boolean[]): number {
  const order = scores.map((score, index) => ({ score, positive: labels[index] === true })).sort((a, b) => a.score - b.score);
  let rankSum = 0;
  let positives = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && order[end]?.score === order[start]?.score) end += 1;
    const tied = order.slice(start, end).filter(({ positive }) => positive).length;
    rankSum += tied * ((start + 1 + end) / 2);
    positives += tied;
    start = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

/** Mean negative log-likelihood of the labels. */
export function logLoss(probabilities: readonly number[], labels: readonly boolean[]): number {
  return mean(probabilities.map((probability, index) => {
    const likely = labels[index] ? probability : 1 - probability;
    return -Math.log(Math.max(likely, 1e-12));
  }));
}

/** Brier score: mean squared difference between probability and outcome. */
export function brier(probabilities: readonly number[], labels: readonly boolean[]): number {
  return mean(probabilities.map((probability, index) => (probability - (labels[index] ? 1 : 0)) ** 2));
}

/** Mean absolute error. */
export function meanError(predicted: readonly number[], actual: readonly number[]): number {
  return mean(predicted.map((value, index) => Math.abs(value - (actual[index] ?? NaN))));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
