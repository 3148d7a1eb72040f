// SPDX-License-Identifier: EUPL-1.2

package clock

import "time"

// Holiday is a public holiday.
type Holiday struct {
	Date Date
	Name string // in French, without article: "lundi de Pâques"
}

// Holidays are the eleven public holidays of a year, in order of date: Code du travail,
// art. L. 3133-1. Two may fall on one day (Ascension on 1 May 2008), and then both are there.
//
// They are those of metropolitan France. The two more of Alsace-Moselle (art. L. 3134-13:
// Good Friday, 26 December) and the commemorations of the abolition of slavery overseas
// (art. L. 3422-2) are not among them.
func Holidays(year int) []Holiday {
	easter := Easter(year)
	fixed := func(m time.Month, d int) Date { return Date{year, m, d} }
	list := []Holiday{
		{fixed(time.January, 1), "jour de l'an"},
		{easter.AddDays(1), "lundi de Pâques"},
		{fixed(time.May, 1), "fête du Travail"},
		{fixed(time.May, 8), "victoire de 1945"},
		{easter.AddDays(39), "Ascension"},
		{easter.AddDays(50), "lundi de Pentecôte"},
		{fixed(time.July, 14), "fête nationale"},
		{fixed(time.August, 15), "Assomption"},
		{fixed(time.November, 1), "Toussaint"},
		{fixed(time.November, 11), "armistice de 1918"},
		{fixed(time.December, 25), "Noël"},
	}
	// Only the Ascension moves among its neighbours: from 30 April to 3 June.
	for i := 4; i > 0 && list[i].Date.Before(list[i-1].Date); i-- {
		list[i], list[i-1] = list[i-1], list[i]
	}
	// Pentecost Monday, from 11 May to 14 June, always comes after it and after 8 May.
	return list
}

// HolidayOn names the public holiday that d is; ok is false when it is none.
func HolidayOn(d Date) (name string, ok bool) {
	for _, h := range Holidays(d.Year) {
		if h.Date == d {
			return h.Name, true
		}
	}
	return "", false
}

// Easter is Easter Sunday of a year of the Gregorian calendar, by the computus of Meeus
// (Astronomical Algorithms, chapter 8), which has no exception from 1583 on.
func Easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return Date{year, time.Month(n / 31), n%31 + 1}
}
