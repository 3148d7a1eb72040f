// SPDX-License-Identifier: EUPL-1.2

package remotetest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cafTables are data sets of data.caf.fr by field names. The figures are made up, the traps
// are not: codes without their leading zero, filler rows with extreme values, blanks, a rate
// above 100, and in the national set a date in place of the year.
var cafTables = map[string]string{
	"txcouv_pe_com": "annee;numcom;nomcom;numepci;nomepci;numdep;nomdep;txcouv_com;txcouv_eaje_com;txcouv_am_ind_com\n" +
		"2022;93001;AUBERVILLIERS;200054781;METROPOLE DU GRAND PARIS;93;SEINE SAINT DENIS;21.8;15.2;4.6\n" +
		"2022;93066;SAINT DENIS;200054781;METROPOLE DU GRAND PARIS;93;SEINE SAINT DENIS;31.2;18.9;7.1\n" +
		"2023;93001;AUBERVILLIERS;200054781;METROPOLE DU GRAND PARIS;93;SEINE SAINT DENIS;22.4;15.9;4.4\n" +
		"2023;93066;SAINT DENIS;200054781;METROPOLE DU GRAND PARIS;93;SEINE SAINT DENIS;31.6;;7.0\n" +
		"2023;93005;AULNAY SOUS BOIS;200054781;METROPOLE DU GRAND PARIS;93;SEINE SAINT DENIS;34.1;15.1;14.2\n" +
		"2023;6161;VILLENEUVE LOUBET;240600585;CA DE SOPHIA ANTIPOLIS;6;ALPES MARITIMES;58.8;32.5;24.9\n" +
		"2023;XX;XXX;XX;XXX;93;SEINE SAINT DENIS;195.8;100;80\n",
	"txcouv_pe_epci": "annee;numepci;nomepci;numdep;nomdep;txcouv_epci;txcouv_eaje_epci\n" +
		"2023;200054781;METROPOLE DU GRAND PARIS;75;PARIS;61.2;38.1\n" +
		"2023;240600585;CA DE SOPHIA ANTIPOLIS;6;ALPES MARITIMES;58.8;32.5\n" +
		"2023;200055887;COMMUNAUTE D'AGGLO DU BOCAGE BRESSUIRAIS;79;DEUX SEVRES;101.4;12\n" +
		"2023;XX;XX;XX;XX;195.8;\n",
	"txcouv_pe_dep": "annee;numdep;nomdep;txcouv_dep;txcouv_eaje_dep\n" +
		"2023;1;AIN;62.1;14.2\n2023;93;SEINE SAINT DENIS;34.3;19.9\n2023;2A;CORSE DU SUD;44.0;25.1\n2023;75;PARIS;63.8;52.0\n",
	"txcouv_pe_reg": "annee;numreg;nomreg;txcouv_reg;txcouv_eaje_reg\n" +
		"2023;11;ILE DE FRANCE;58.2;36.0\n2023;84;AUVERGNE RHONE ALPES;61.3;20.4\n2023;1;GUADELOUPE;45.1;30.0\n",
	"txcouv_pe_nat": "annee;txcouv_nat;txcouv_eaje_nat\n2022-01-01;59.5;22.9\n2023-01-01;60.9;23.5\n",
	"nbpla_pe_com": "annee;numcom;nomcom;numdep;nomdep;pl_eaje_com;pl_am_ind_com;tot_offre_com\n" +
		"2023;93001;AUBERVILLIERS;93;SEINE SAINT DENIS;812;220;1107\n" +
		"2023;93066;SAINT DENIS;93;SEINE SAINT DENIS;1920;705;2901\n" +
		"2023;93005;AULNAY SOUS BOIS;93;SEINE SAINT DENIS;640;610;1320\n" +
		"2023;XX;XXX;93;SEINE SAINT DENIS;5;5;10\n",
	"nbpla_pe_epci": "annee;numepci;nomepci;numdep;nomdep;pl_eaje_epci;tot_offre_epci\n" +
		"2023;200054781;METROPOLE DU GRAND PARIS;75;PARIS;90120;141000\n2023;240600585;CA DE SOPHIA ANTIPOLIS;6;ALPES MARITIMES;1820;2400\n",
	"nbpla_pe_dep": "annee;numdep;nomdep;pl_eaje_dep;tot_offre_dep\n2023;1;AIN;3400;14100\n2023;93;SEINE SAINT DENIS;15200;26100\n2023;75;PARIS;38000;46000\n",
}

// labels are how an export with use_labels=true names some fields.
var labels = strings.NewReplacer("annee", "Date référence", "numcom", "Numéro commune", "nomcom", "Nom commune",
	"txcouv_eaje_com", "Taux de couv EAJE - ensemble", "txcouv_com", "Taux de couv global", "tot_offre_com", "Places offertes - Ensemble")

func cafError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error_code": code, "message": message})
}

func cafExport(w http.ResponseWriter, r *http.Request) {
	table, ok := cafTables[r.PathValue("set")]
	if !ok {
		cafError(w, http.StatusNotFound, "DatasetNotFound", "The requested dataset "+r.PathValue("set")+" does not exist.")
		return
	}
	q := r.URL.Query()
	if q.Get("delimiter") != ";" {
		table = strings.ReplaceAll(table, ";", ",")
	}
	if q.Get("use_labels") == "true" {
		head, rest, _ := strings.Cut(table, "\n")
		table = labels.Replace(head) + "\n" + rest
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("set")+`.csv"`)
	w.Header().Set("Etag", `"`+r.PathValue("set")+`-2026-01-16"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader("\ufeff"+table))
}

// cafRecords answers page by page, a hundred rows at most, and refuses a year asked of the
// national set as a number, which is a date there.
func cafRecords(w http.ResponseWriter, r *http.Request) {
	set, q := r.PathValue("set"), r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		limit = 10
	}
	switch {
	case limit > 100:
		cafError(w, http.StatusBadRequest, "InvalidRESTParameterError", "Invalid value for limit API parameter: "+q.Get("limit")+" was found but -1 <= limit <= 100 is expected.")
		return
	case set == "txcouv_pe_nat" && strings.HasPrefix(q.Get("where"), "annee="):
		cafError(w, http.StatusBadRequest, "ODSQLError", "ODSQL query is malformed: invalid filter, types mismatch.")
		return
	}
	lines := strings.Split(strings.TrimSpace(cafTables[set]), "\n")
	head := strings.Split(lines[0], ";")
	offset, _ := strconv.Atoi(q.Get("offset"))
	results := []map[string]any{}
	for _, line := range lines[1:] {
		row := map[string]any{}
		for i, cell := range strings.Split(line, ";") {
			row[head[i]] = cell
		}
		results = append(results, row)
	}
	total := len(results)
	results = results[min(offset, total):min(offset+limit, total)]
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]any{"total_count": total, "results": results})
}

// birthsData has a merged commune, another kind of place with the same code, and the
// arrondissements that a file lists beside the communes.
const birthsData = `"GEO";"GEO_OBJECT";"EC_MEASURE";"FREQ";"TIME_PERIOD";"OBS_STATUS";"CONF_STATUS";"OBS_VALUE"
"93066";"COM";"LVB";"A";"2023";"A";"F";"2212"
"93059";"COM";"LVB";"A";"2023";"A";"F";"541"
"93001";"COM";"LVB";"A";"2023";"A";"F";"1590"
"93";"DEP";"LVB";"A";"2023";"P";"F";"26105"
"75101";"ARM";"LVB";"A";"2023";"A";"F";"101"
"00851";"UU2020";"LVB";"A";"2023";"A";"F";"140000"
`

// series is one figure of each of the places, per dimension.
type series struct {
	dimensions map[string]string
	attributes map[string]string
	values     map[string]string // by place: "DEP-93", "COM-93066"; empty: not published
}

func dims(pairs ...string) map[string]string {
	m := map[string]string{"FREQ": "A"}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

var melodiSets = map[string][]series{
	"DS_POPULATIONS_REFERENCE": {
		{dimensions: dims("TIME_PERIOD", "2023", "POPREF_MEASURE", "PTOT"), values: map[string]string{"DEP-93": "1711000", "COM-93001": "89900", "COM-93066": "150900", "COM-93015": "4900"}},
		{dimensions: dims("TIME_PERIOD", "2023", "POPREF_MEASURE", "PMUN"), values: map[string]string{"DEP-93": "1704000", "COM-93001": "89500", "COM-93066": "150200", "COM-93015": "4850"}},
		{dimensions: dims("TIME_PERIOD", "2023", "POPREF_MEASURE", "PCAP"), values: map[string]string{"DEP-93": "7000", "COM-93001": "400", "COM-93066": "700", "COM-93015": "50"}},
	},
	"DS_ETAT_CIVIL_NAIS_COMMUNES": {
		{dimensions: dims("TIME_PERIOD", "2023", "EC_MEASURE", "LVB"), values: map[string]string{"DEP-93": "26105", "COM-93001": "1590", "COM-93066": "2212"}},
		{dimensions: dims("TIME_PERIOD", "2024", "EC_MEASURE", "LVB"), attributes: map[string]string{"OBS_STATUS": "P"}, values: map[string]string{"DEP-93": "25400", "COM-93001": "1555", "COM-93066": "2180"}},
	},
	"DS_BPE": {
		{dimensions: dims("TIME_PERIOD", "2024", "FACILITY_TYPE", "D502", "SECTOR", "_T"), values: map[string]string{"DEP-93": "512", "COM-93001": "21", "COM-93066": "41"}},
		{dimensions: dims("TIME_PERIOD", "2024", "FACILITY_TYPE", "D502", "SECTOR", "PUBLIC"), values: map[string]string{"COM-93066": "20"}},
		{dimensions: dims("TIME_PERIOD", "2024", "FACILITY_TYPE", "D201", "SECTOR", "_T"), values: map[string]string{"COM-93066": "60"}},
	},
	"DS_FILOSOFI_CC": {
		{dimensions: dims("TIME_PERIOD", "2023", "FILOSOFI_MEASURE", "MED_SL", "UNIT_MEASURE", "EUR_YR"), attributes: map[string]string{"CONF_STATUS": "F"}, values: map[string]string{"DEP-93": "19100", "COM-93001": "16050", "COM-93066": "17220"}},
		{dimensions: dims("TIME_PERIOD", "2023", "FILOSOFI_MEASURE", "PR_MD60", "UNIT_MEASURE", "PT"), attributes: map[string]string{"CONF_STATUS": "F"}, values: map[string]string{"DEP-93": "28.4", "COM-93001": "43.1", "COM-93066": "37.5"}},
		{dimensions: dims("TIME_PERIOD", "2023", "FILOSOFI_MEASURE", "PR_MD60", "UNIT_MEASURE", "PT"), attributes: map[string]string{"CONF_STATUS": "S"}, values: map[string]string{"COM-93015": ""}},
	},
}

// melodiData answers as the recorded answers do: the geography carries its vintage, the last
// page has no paging, and the page after the last still names a next one.
func (s *Server) melodiData(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.melodi++
	tired := s.PerMinute > 0 && s.melodi > s.PerMinute
	s.mu.Unlock()
	if tired {
		TooMany(http.StatusTooManyRequests, "60")(w, r, nil)
		return
	}
	set, q := r.PathValue("set"), r.URL.Query()
	sets, ok := melodiSets[set]
	if !ok {
		http.Error(w, set+" n'existe pas.", http.StatusBadRequest)
		return
	}
	all := observations(sets, q)
	size, err := strconv.Atoi(q.Get("maxResult"))
	if err != nil || size > s.PageSize {
		size = s.PageSize
	}
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil {
		page = 1
	}
	from := min((page-1)*size, len(all))
	shown := all[from:min(from+size, len(all))]
	paging := map[string]any{}
	if len(all) > size {
		last := (len(all) + size - 1) / size
		at := func(n int) string {
			next := maps.Clone(q)
			next.Set("page", strconv.Itoa(n))
			return "https://api.insee.fr/melodi/data/" + set + "?" + next.Encode()
		}
		paging = map[string]any{"first": at(1), "next": at(page + 1), "last": at(last), "isLast": page >= last}
	}
	if q.Get("totalCount") != "" {
		paging["count"] = len(all)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	_ = json.NewEncoder(w).Encode(map[string]any{"identifier": set, "title": map[string]string{"fr": set, "en": set}, "observations": shown, "paging": paging})
}

func observations(sets []series, q url.Values) []map[string]any {
	list := []map[string]any{}
	for _, s := range sets {
		wanted := true
		for name := range q {
			if v, isDimension := s.dimensions[name]; isDimension && !slices.Contains(q[name], v) {
				wanted = false
			}
		}
		for _, place := range slices.Sorted(maps.Keys(s.values)) {
			departement, all := strings.CutSuffix(q.Get("GEO"), "*COM")
			code, isCommune := strings.CutPrefix(place, "COM-")
			if !wanted || all != isCommune || all && "DEP-"+code[:2] != departement || !all && place != departement {
				continue
			}
			o := map[string]any{"dimensions": maps.Clone(s.dimensions)}
			o["dimensions"].(map[string]string)["GEO"] = "2025-" + place
			if s.attributes != nil {
				o["attributes"] = s.attributes
			}
			measure := map[string]any{}
			if v := s.values[place]; v != "" {
				if !strings.Contains(v, ".") {
					v += ".0"
				}
				measure["value"] = json.RawMessage(v)
			}
			o["measures"] = map[string]any{"OBS_VALUE_NIVEAU": measure}
			list = append(list, o)
		}
	}
	return list
}
