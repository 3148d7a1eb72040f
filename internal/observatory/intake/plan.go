// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/sheet"
	"maillage/internal/territory"
)

// Row is one row of a table, cells as displayed.
type Row = sheet.Row

// Rows streams the rows of one table, header included, from the top, as (*sheet.Book).Rows
// does; it stops with the error that yield returns.
type Rows func(yield func(Row) error) error

// Places is what recognition asks of the register of territories; *territory.Registry is one.
type Places interface {
	Get(id territory.ID) (*territory.Territory, bool)
	Search(q string, limit int) []territory.Hit
	Successors(id territory.ID) []territory.ID
	Events(id territory.ID) []territory.Event
}

// Table says which table of which file a plan reads.
type Table struct {
	File  string `json:"file"`           // as the person named it: "txcouv_2021.csv"
	Name  string `json:"name,omitempty"` // of the sheet or of the file within the archive
	Index int    `json:"index"`          // for (*sheet.Book).Rows
}

// None is the number of a column that does not exist.
const None = -1

// Plan is how a table is to be read: proposed by Recognise, corrected by a person, applied,
// and remembered as JSON for next year's file. Columns are numbered from 0, lines from 1.
type Plan struct {
	Table     Table      `json:"table"`
	Signature string     `json:"signature"`  // of the header, years aside; see Match
	HeaderRow int        `json:"header_row"` // line of the last header line; 0 when the table has none
	Columns   []string   `json:"columns"`    // cleaned header label of each column
	Geo       Geo        `json:"geo"`
	Period    PeriodRule `json:"period"`
	Measures  []Measure  `json:"measures"`
	Long      *Long      `json:"long,omitempty"` // nil for a wide table: one column per measure
	Filters   []Filter   `json:"filters,omitempty"`
	Status    Status     `json:"status"`
	Adopted   string     `json:"adopted,omitempty"` // file whose remembered plan was taken up
	Dropped   []Tally    `json:"dropped,omitempty"` // rows of the sample set aside, by reason
	Doubts    []Issue    `json:"doubts,omitempty"`
	Readings  []Reading  `json:"readings,omitempty"` // columns that could be the territory or the period; see Adopt
}

// Reading is what the cells of one column of the sample can be read as, whether or not the
// plan uses it.
type Reading struct {
	Column   int       `json:"column"`
	Kinds    []GeoKind `json:"kinds,omitempty"` // of codes that exist, the likeliest first
	Period   bool      `json:"period,omitempty"`
	YearOnly bool      `json:"year_only,omitempty"` // see PeriodRule
}

// Confidence says how sure the recognition is; anything but Sure is shown in amber.
type Confidence string

// The degrees of confidence.
const (
	Sure     Confidence = "sur"
	Likely   Confidence = "probable"
	Doubtful Confidence = "douteux"
)

// GeoKind says what the cells of the geography column are.
type GeoKind string

// The kinds of geography column.
const (
	GeoNone        GeoKind = ""            // no column was recognised: to be asked
	GeoCommune     GeoKind = "commune"     // INSEE codes, with or without their leading zero
	GeoIRIS        GeoKind = "iris"        // nine characters, brought back to their commune
	GeoEPCI        GeoKind = "epci"        // SIREN of EPCI, EPT, syndicats
	GeoDepartement GeoKind = "departement" // département codes
	GeoRegion      GeoKind = "region"      // région codes, without the R of territory.ID
	GeoPrefixed    GeoKind = "melodi"      // "COM-93066", "2024-DEP-93": each cell says its kind
	GeoName        GeoKind = "nom"         // names only: always doubtful
	GeoFixed       GeoKind = "fixe"        // the whole table speaks of one territory
	GeoOwn         GeoKind = "maillage"    // territory.ID, all kinds together, as Maillage writes them
)

// Geo is where the territory of a row is read.
type Geo struct {
	Column     int          `json:"column"` // None when GeoNone or GeoFixed
	Kind       GeoKind      `json:"kind"`
	NameColumn int          `json:"name_column"`    // the name that goes with the code, to explain unknown codes; None
	DepColumn  int          `json:"dep_column"`     // département that tells namesakes apart; None
	Home       territory.ID `json:"home,omitempty"` // département of most rows, which decides between namesakes without a DepColumn
	// ObjectColumn says the kind of place of each row, as Melodi does (GEO_OBJECT = COM, DEP…); None.
	ObjectColumn int `json:"object_column"`
	// Split says that the rows are pieces of the territory (IRIS, quarters, kinds of
	// facility) to be added up; without it, two rows for one territory are a duplicate.
	Split      bool         `json:"split"`
	Fixed      territory.ID `json:"fixed,omitempty"` // when Kind is GeoFixed
	Confidence Confidence   `json:"confidence"`
}

// PeriodMode says where the period of a value is read.
type PeriodMode string

// The modes.
const (
	PeriodAsk     PeriodMode = ""        // nothing says it: to be asked, Apply refuses
	PeriodColumn  PeriodMode = "colonne" // a column of years or dates
	PeriodHeaders PeriodMode = "entete"  // each measure's header says it
	PeriodFixed   PeriodMode = "fixe"    // one period for the whole table
)

// PeriodRule is where the period of a value is read.
type PeriodRule struct {
	Mode       PeriodMode       `json:"mode"`
	Column     int              `json:"column"`    // None unless PeriodColumn
	YearOnly   bool             `json:"year_only"` // dates stand for their year: "2021-01-01" is 2021
	Fixed      statistic.Period `json:"fixed,omitempty"`
	Origin     string           `json:"origin,omitempty"` // French: "lue dans le nom du fichier"
	Confidence Confidence       `json:"confidence"`
}

// Measure is one series of values found in the table: a column of a wide table, a key of a long one.
type Measure struct {
	Column     int                  `json:"column"`
	Label      string               `json:"label"`              // header as cleaned for reading
	Key        string               `json:"key,omitempty"`      // of a long table: "TYPEQU=D502", "AGE=Y_LT3&SEX=_T"
	Indicator  string               `json:"indicator"`          // code known to the catalogue, or that of the proposal
	Proposal   *statistic.Indicator `json:"proposal,omitempty"` // when the catalogue knows no such indicator
	Unit       string               `json:"unit"`
	Decimals   int                  `json:"decimals"`         // most decimals seen in the sample
	Period     statistic.Period     `json:"period,omitempty"` // when the header says it
	Additive   bool                 `json:"additive"`         // parts (IRIS, arrondissements, long rows) add up
	Include    bool                 `json:"include"`
	Confidence Confidence           `json:"confidence"`
}

// Long says where a long table keeps its numbers; its measures are told apart by Measure.Key.
type Long struct {
	ValueColumn int `json:"value_column"` // OBS_VALUE, NB_EQUIP
}

// Filter keeps only the rows whose cell is one of those listed: totals of a dimension that
// no measure names (SEX = _T), one kind of place (GEO_OBJECT = COM).
type Filter struct {
	Column int      `json:"column"`
	Keep   []string `json:"keep"`
}

// Status says which columns tell the state of the figures of a row.
type Status struct {
	Observation  int `json:"observation"`  // SDMX OBS_STATUS; None
	Confidential int `json:"confidential"` // SDMX CONF_STATUS; None
	Note         int `json:"note"`         // Insee/Cnaf NOTE: not 0 means that blanks are secret; None
	State        int `json:"state"`        // statistic.State as Maillage writes it; None
	Reason       int `json:"reason"`       // the note of a value as Maillage writes it; None
}

// Tally counts rows set aside for one reason.
type Tally struct {
	Reason string `json:"reason"` // French: "lignes de remplissage (XX)", "lignes de total"
	Count  int    `json:"count"`
}

// Severity says what an issue prevents.
type Severity string

// The severities. An Error forbids the import until the file or the plan is corrected; a
// Warning asks for a look; a Note informs.
const (
	Error   Severity = "erreur"
	Warning Severity = "attention"
	Note    Severity = "note"
)

// Issue is something to tell the person about the file, in French.
type Issue struct {
	Severity Severity `json:"severity"`
	Kind     string   `json:"kind"` // stable word for grouping and tests; the Kind… constants
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`   // in the file, from 1; 0 when the issue is about the whole
	Column   string   `json:"column,omitempty"` // header label
	Message  string   `json:"message"`
	Remedy   string   `json:"remedy,omitempty"`

	Territory territory.ID     `json:"territory,omitempty"`
	Indicator string           `json:"indicator,omitempty"`
	Period    statistic.Period `json:"period,omitempty"`
	Count     int              `json:"count,omitempty"` // how many rows or values it stands for; 0 means 1
}

// Kinds of issues.
const (
	KindNoGeography  = "geographie-absente"
	KindNoPeriod     = "periode-absente"
	KindNoMeasure    = "mesure-absente"
	KindNoHeader     = "entete-absent"
	KindDoubtful     = "reconnaissance-douteuse"
	KindUnknownPlace = "territoire-inconnu"
	KindFormerPlace  = "commune-ancienne"
	KindOtherName    = "code-et-nom-contraires"
	KindAmbiguous    = "nom-ambigu"
	KindBadNumber    = "nombre-illisible"
	KindBadPeriod    = "periode-illisible"
	KindShortRow     = "ligne-courte"
	KindSubCommunal  = "infra-communal"
	KindDropped      = "lignes-ecartees"
	KindDuplicate    = "doublon"
	KindConflict     = "doublon-contradictoire"
	KindMissingPlace = "territoire-disparu"
	KindJump         = "saut"
	KindOutOfRange   = "hors-bornes"
	KindNotWhole     = "non-entier"
	KindYearReplaced = "annee-deja-presente"
	KindYearTwice    = "annee-en-double"
)

// Item is one thing that Apply yields: a value or an issue.
type Item struct {
	Line  int // of the row the value was read on; of the first row for an aggregate
	Value statistic.Value
	Issue *Issue // when not nil, Value is empty
}
