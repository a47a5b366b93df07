/** Digits, separators and ranges; days up to 31 in every month. The calendar and leap seconds are looked at only where they matter. */
const FORM = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether a text is a date and time with zone as RFC 3339 defines it, with a date that exists in the calendar:
 * 2026-02-30, 24:61 and a missing zone are refused. A leap second (`:60`) is allowed only at 23:59 UTC, where one can be.
 */
export function isDateTime(text: string): boolean {
  if (!FORM.test(text)) return false;
  // Most texts end here: a day up to 28 is in every month, and `:6` in the seconds is a leap second.
  if (text.charCodeAt(17) === 54 && !isLeapSecond(text)) return false;
  const day = (text.charCodeAt(8) - 48) * 10 + text.charCodeAt(9) - 48;
  return day <= 28 || existsInCalendar(Number(text.slice(0, 4)), Number(text.slice(5, 7)), day);
}

/** The text as milliseconds since 1970, `undefined` where `isDateTime` would say no. A leap second is the second after it. */
export function parseDateTime(text: string): number | undefined {
  if (!isDateTime(text)) return undefined;
  const upper = text.toUpperCase();
  return upper.charCodeAt(17) === 54 ? Date.parse(`${upper.slice(0, 17)}59${upper.slice(19)}`) + 1000 : Date.parse(upper);
}

function existsInCalendar(year: number, month: number, day: number): boolean {
  if (month !== 2) return day <= (DAYS[month - 1] ?? 0);
  return day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function isLeapSecond(text: string): boolean {
  const before = new Date(`${text.slice(0, 17)}59${text.slice(19)}`.toUpperCase());
  return before.getUTCHours() === 23 && before.getUTCMinutes() === 59;
}
