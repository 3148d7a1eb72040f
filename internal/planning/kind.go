// SPDX-License-Identifier: EUPL-1.2

package planning

import "slices"

// Kind is a kind of structure or of care (DOMAIN: code de la santé publique, R. 2324-17 and
// R. 2324-46; code de l'action sociale et des familles, L. 421-4, D. 214-9).
type Kind string

// The kinds that a plan can hold.
const (
	Creche          Kind = "creche"           // multi-accueil, crèche collective, halte-garderie
	CrecheFamiliale Kind = "creche-familiale" // service d'accueil familial
	CrecheParentale Kind = "creche-parentale"
	MicroCrechePSU  Kind = "micro-creche-psu"
	MicroCrechePaje Kind = "micro-creche-paje" // families receive the CMG structure
	JardinEnfants   Kind = "jardin-enfants"
	MAM             Kind = "mam"
	AssMat          Kind = "assistant-maternel"
	RPE             Kind = "rpe"
	LAEP            Kind = "laep"
)

// Kinds lists them in the order in which pages show them.
func Kinds() []Kind {
	return []Kind{
		Creche, CrecheFamiliale, CrecheParentale, MicroCrechePSU, MicroCrechePaje,
		JardinEnfants, MAM, AssMat, RPE, LAEP,
	}
}

// Label names the kind in French.
func (k Kind) Label() string {
	return map[Kind]string{
		Creche: "crèche collective", CrecheFamiliale: "crèche familiale", CrecheParentale: "crèche parentale",
		MicroCrechePSU: "micro-crèche (PSU)", MicroCrechePaje: "micro-crèche (Paje)",
		JardinEnfants: "jardin d'enfants", MAM: "maison d'assistants maternels",
		AssMat: "assistant maternel", RPE: "relais petite enfance", LAEP: "lieu d'accueil enfants-parents",
	}[k]
}

// Unit is what is counted, in French, singular and plural.
func (k Kind) Unit() (one, many string) {
	switch k {
	case RPE:
		return "équivalent temps plein", "équivalents temps plein"
	case LAEP:
		return "lieu", "lieux"
	}
	return "place", "places"
}

// Cares says whether the kind offers places that count in coverage: a relay and a meeting
// place do not.
func (k Kind) Cares() bool { return k != RPE && k != LAEP }

// EAJE says whether the kind is an établissement d'accueil du jeune enfant.
func (k Kind) EAJE() bool { return k.Cares() && k != MAM && k != AssMat }

// PSU says whether the Caf pays the operator by the PSU and its bonuses.
func (k Kind) PSU() bool { return k.EAJE() && k != MicroCrechePaje }

func (k Kind) known() bool { return slices.Contains(Kinds(), k) }

// Funder is who pays a share.
type Funder string

// The funders, in the order of accounts: the town's rest comes last.
const (
	Families   Funder = "familles"
	Caf        Funder = "caf"
	State      Funder = "etat"
	Department Funder = "departement"
	Region     Funder = "region"
	Employers  Funder = "employeurs"
	Others     Funder = "autres"
	Operator   Funder = "gestionnaire"
	Town       Funder = "ville"
)

// Funders lists them in the order of accounts.
func Funders() []Funder {
	return []Funder{Families, Caf, State, Department, Region, Employers, Others, Operator, Town}
}

// Label names the funder in French.
func (f Funder) Label() string {
	return map[Funder]string{
		Families: "Familles", Caf: "Caf", State: "État", Department: "Département", Region: "Région",
		Employers: "Employeurs", Others: "Autres", Operator: "Gestionnaire", Town: "Ville",
	}[f]
}

func (f Funder) known() bool { return slices.Contains(Funders(), f) }

// OperationKind is what an operation does.
type OperationKind string

// The six operations of a scheme (D. 214-10-1, 4° a and e).
const (
	Creation     OperationKind = "creation"
	Extension    OperationKind = "extension"
	Maintenance  OperationKind = "maintien"
	Renovation   OperationKind = "renovation"
	Redeployment OperationKind = "redeploiement"
	Closure      OperationKind = "fermeture"
)

// OperationKinds lists the six.
func OperationKinds() []OperationKind {
	return []OperationKind{Creation, Extension, Maintenance, Renovation, Redeployment, Closure}
}

// Label names the operation in French.
func (k OperationKind) Label() string {
	return map[OperationKind]string{
		Creation: "création", Extension: "extension", Maintenance: "maintien",
		Renovation: "rénovation", Redeployment: "redéploiement", Closure: "fermeture",
	}[k]
}
