// SPDX-License-Identifier: EUPL-1.2

package refdata

// Dataset is the whole reference file. Every list is sorted by code.
type Dataset struct {
	// Years are the vintages of the geography, each read on 1 January, oldest first.
	Years        []int
	Sources      []Source
	Regions      []Region
	Departements []Departement
	Groupings    []Grouping
	Communes     []Commune
	Aliases      []Alias
	Exceptions   []Exception
}

// Source is a published package the file was made from.
type Source struct {
	Version   string // of the npm package, "6.0.0"
	Vintage   int    // the year of its geography
	Integrity string // npm's own hash of the package, "sha512-…"
	Use       string // what was taken from it, in French
}

// Region is a région, by its INSEE code.
type Region struct{ Code, Name string }

// Departement is a département, or a collectivité that stands in its place.
type Departement struct {
	Code, Name string
	Region     string // INSEE code of the région; empty for an overseas collectivity
	Zone       string // "metro", "drom" or "com"
}

// Grouping is an EPCI with its own taxation, or an EPT of Grand Paris, by SIREN.
type Grouping struct {
	SIREN       string
	Type        string // CC, CA, CU, METRO, MET69, EPT
	Name        string
	First, Last int // vintages in which it is seen
	Past        []GroupingState
}

// GroupingState is how a grouping was called in earlier vintages.
type GroupingState struct {
	First, Last int
	Type, Name  string
}

// Commune is a code that was a commune in at least one vintage.
type Commune struct {
	Code        string
	First, Last int    // vintages in which it is seen
	State              // in vintage Last
	PostalCodes string // in its last vintage, separated by commas
	// Into is the commune of vintage Last+1 that a former commune became part of.
	// SplitFrom is the commune of vintage First−1 that a re-established commune left.
	Into, SplitFrom string
	Past            []PastState
	// Populations has one entry a vintage, in the order of Dataset.Years: the population in
	// force on 1 January of that vintage, within the limits of that vintage.
	Populations []Population
}

// State is what changes in the life of a commune.
type State struct {
	Name, Departement, SIREN, EPCI, EPT string
}

// PastState is how a commune was in earlier vintages, First to Last included.
type PastState struct {
	First, Last int
	State
}

// Unknown marks a population the sources do not give. Zero is a real population: six
// villages destroyed in 1916 have no inhabitant.
const Unknown = -1

// Population is counted in inhabitants; Unknown where the sources are silent.
type Population struct{ Municipal, Total int }

// Alias is a code or a name that is no commune in any vintage but leads to one.
type Alias struct {
	Code string
	Name string // may be empty: an old code whose name the sources no longer give
	// Kind is "deleguee", "associee", "arrondissement" or "code".
	Kind    string
	Commune string // code of the commune it is part of in the last vintage
}

// Exception says that, in a département, the population in force comes from another
// census than the rest of the country.
type Exception struct {
	Departement string
	Year        int    // reference year, for every vintage
	InForce     string // ISO date
	Note        string // in French, with its source
}
