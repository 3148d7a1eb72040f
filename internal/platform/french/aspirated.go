// SPDX-License-Identifier: EUPL-1.2

package french

import (
	"strings"
	"sync"
)

// aspiratedNames are the communes in H that take "de" and not "d'", folded. No rule of
// spelling tells them apart (Hayange takes "d'", Ham takes "de"), so the official list is
// kept: Insee, Code officiel géographique 2021, TNCC = 0 (Licence Ouverte 2.0).
const aspiratedNames = `
habsheim, hachan, hadancourt le haut clocher, haegen, hagedet, hagenbach, hagenthal le bas, hagenthal le haut,
haget, hagnicourt, haguenau, hailles, haimps, haims, halles sous les cotes, ham, ham en artois, ham les
moines, ham sous varsberg, ham sur meuse, hambach, hambers, hambye, hamelet, hames boucres, hammeville,
hamonville, hampigny, hampont, han devant pierrepont, han les juvigny, han sur meuse, han sur nied,
handschuheim, hangard, hangenbieten, hangviller, hannapes, hannappes, hannogne saint martin, hannogne saint
remy, hannonville sous les cotes, hannonville suzemont, hans, hanvec, hanviller, hanvoile, happencourt, harcy,
hardanges, hardinvast, harricourt, harskirchen, hartmannswiller, harville, hary, hatten, hattmatt, hattstatt,
hauban, haudivillers, haulies, haulme, hausgauen, haut bocage, haut du them chateau lambert, haut lieu, haut
loquin, haut valromey, hautbos, haute amance, haute avesnes, haute epine, haute goulaine, haute kontz, haute
rivoire, haute vigneulles, hautecloque, hautefage, hautefontaine, hautes duyes, hauteville la guichard,
hauteville sur mer, haution, hautot le vatois, hautot sur seine, hauts de bienne, hautteville bocage,
hauville, hauvine, haybes, heches, hecken, hecmanville, hede bazouges, hegeney, hegenheim, heidolsheim,
heidwiller, heiligenberg, heiligenstein, heilles, heimersdorf, heimsbrunn, heiteren, heiwiller,
helfrantzkirch, helleville, hem, hem hardinval, hem lenglet, hem monacu, hemevez, henansal, hengwiller, henon,
henvic, herbitzheim, herbsheim, herce, heres, hermes, hermival les vaux, herpont, herran, herrlisheim,
herrlisheim pres colmar, hescamps, hesingue, hessenheim, hettenschlag, heudicourt sous les cotes, heugueville
sur sienne, hibarette, hierges, hiermont, hiesville, hiis, hilsenheim, hinacourt, hindisheim, hindlingen,
hinsbourg, hinsingen, hipsheim, hirschland, hirsingue, hirtzbach, hirtzfelden, hitte, hochfelden, hochstatt,
hochstett, hocquigny, hodenc en bray, hodenc l eveque, hodeng au bosc, hodeng hodenger, hoedic, hoenheim,
hoerdt, hoffen, hohengoeft, hohfrankenheim, hohrod, holnon, holque, holtzheim, hombourg, hombourg budange,
hombourg haut, hommarting, hommert, hon hergies, hondainville, hondouville, honfleur, honguemare guenouville,
honskirch, horbourg wihr, horgues, hornoy le bourg, hoste, hotot en auge, hottot les bagues, hottviller,
houdan, houdilcourt, houetteville, houeydets, houldizy, houlette, houlgate, houlle, houppeville, houquetot,
hourc, hourges, houry, houssen, housset, houville en vexin, hoymille, huanne montmartin, huelgoat, huest,
hugleville en caux, huille lezigne, huiron, huisnes sur mer, humes jorquenay, hunawihr, hundsbach, huningue,
hunspach, hurtigheim, husseren les chateaux, husseren wesserling, huttendorf, huttenheim, hyemondans, hyet
`

var aspirated = sync.OnceValue(func() map[string]bool {
	set := make(map[string]bool, 256)
	for name := range strings.SplitSeq(aspiratedNames, ",") {
		set[Fold(name)] = true
	}
	return set
})
