// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"maillage/internal/platform/files"
)

// Config holds every setting. A flag wins over the environment (MAILLAGE_…), which wins over
// the file named by --config or MAILLAGE_CONFIG; a name that is not listed here is an error.
type Config struct {
	Addr        string // adresse d'écoute, HÔTE:PORT
	BaseURL     string // adresse publique du site, avec https:// en production
	DatabaseURL string // sqlite:CHEMIN ou postgres://…
	Dir         string // dossier des fichiers (base SQLite par défaut, fichiers déposés, contours)
	Departement string // code du département dont le site est la maison
	ActsKey     string // clé qui signe le journal des actes ; vide : celle du dossier, créée au premier démarrage
	Identity    Identity
	LogFormat   string // texte ou json
	Store       string // où sont gardés les fichiers : dossier:CHEMIN ou s3://…; vide : un dossier de Dir
	FileSize    int    // taille maximale d'un fichier, en Mio
	Clamd       string // antivirus : unix:/chemin ou tcp:hôte:port ; vide : aucun
	Metrics     string // locale (défaut) ou publique : qui peut lire /metrics
	Network     bool   // autorise la récupération des contours officiels et des statistiques sur le réseau

	SMTPURL  string // serveur de courrier, mot de passe compris : un secret
	MailFrom string // adresse qui écrit les courriels
	MailName string // son nom

	// Demo is set by the demo command, never by a setting.
	Demo bool

	// Sources takes the place of every public source; set by tests, never by a setting.
	Sources string
}

// option ties a setting to its name; the reference printed by --help comes from this table.
type option struct {
	name string // in the file; the flag is --name, the variable MAILLAGE_NAME
	help string
	set  func(*Config, string) error
	show func(*Config) string
}

func text(field func(*Config) *string) (func(*Config, string) error, func(*Config) string) {
	return func(c *Config, v string) error { *field(c) = v; return nil },
		func(c *Config) string { return *field(c) }
}

func textOption(name, help string, field func(*Config) *string) option {
	set, show := text(field)
	return option{name, help, set, show}
}

func boolOption(name, help string, field func(*Config) *bool) option {
	return option{name, help, func(c *Config, v string) error {
		b, err := parseBool(v)
		if err == nil {
			*field(c) = b
		}
		return err
	}, func(c *Config) string { return map[bool]string{true: "oui", false: "non"}[*field(c)] }}
}

func numberOption(name, help string, field func(*Config) *int) option {
	return option{name, help, func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n <= 0 {
			return fmt.Errorf("« %s » n'est pas un nombre entier positif", v)
		}
		*field(c) = n
		return nil
	}, func(c *Config) string { return strconv.Itoa(*field(c)) }}
}

// store is where files are kept and what is let in.
func (c *Config) store() files.Config {
	backend := c.Store
	if backend == "" {
		backend = "dossier:" + filepath.Join(c.Dir, "depot")
	}
	return files.Config{Backend: backend, Arrival: filepath.Join(c.Dir, "arrivee"), MaxSize: int64(c.FileSize) << 20, Clamd: c.Clamd}
}

func parseBool(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "oui", "true", "1":
		return true, nil
	case "non", "false", "0", "":
		return false, nil
	}
	return false, fmt.Errorf("« %s » n'est ni oui ni non", v)
}

var options = append([]option{
	textOption("addr", "adresse d'écoute, HÔTE:PORT", func(c *Config) *string { return &c.Addr }),
	textOption("base_url", "adresse publique du site, par exemple https://maillage.exemple.fr", func(c *Config) *string { return &c.BaseURL }),
	textOption("database_url", "base de données : sqlite:CHEMIN ou postgres://…", func(c *Config) *string { return &c.DatabaseURL }),
	textOption("dir", "dossier des fichiers et de la base SQLite", func(c *Config) *string { return &c.Dir }),
	textOption("departement", "code du département accueilli, par exemple 93", func(c *Config) *string { return &c.Departement }),
	{"fichiers", "dépôt des fichiers : dossier:CHEMIN ou s3://clé:secret@hôte/seau?region=…&tls=non&autorite=CA.pem",
		func(c *Config, v string) error { c.Store = v; return nil }, func(c *Config) string { return files.Shown(c.Store) }},
	numberOption("fichiers_taille", "taille maximale d'un fichier déposé, en Mio", func(c *Config) *int { return &c.FileSize }),
	textOption("clamd", "antivirus clamd : unix:/chemin ou tcp:hôte:port ; sans lui les fichiers ne sont pas analysés", func(c *Config) *string { return &c.Clamd }),
	secretOption("cle_actes", "clé secrète qui signe le journal des actes, la même pour toutes les machines d'un service ; sans elle, celle du dossier", func(c *Config) *string { return &c.ActsKey }),
	textOption("journal", "forme du journal : texte ou json", func(c *Config) *string { return &c.LogFormat }),
	textOption("metrics", "qui lit /metrics : locale ou publique", func(c *Config) *string { return &c.Metrics }),
	boolOption("reseau", "autorise la récupération des contours officiels et des statistiques à leur source", func(c *Config) *bool { return &c.Network }),
	textOption("smtp_url", "serveur de courrier, smtp:// (STARTTLS) ou smtps:// (TLS) : smtp://compte:motdepasse@serveur:587?debit=60 ; sans lui les courriels restent dans la boîte d'envoi",
		func(c *Config) *string { return &c.SMTPURL }),
	textOption("courriel_expediteur", "adresse qui écrit les courriels, par exemple ne-pas-repondre@ville.fr", func(c *Config) *string { return &c.MailFrom }),
	textOption("courriel_nom", "nom qui accompagne cette adresse, par exemple Comité de la petite enfance", func(c *Config) *string { return &c.MailName }),
}, identityOptions...)

func optionNamed(name string) (option, bool) {
	for _, o := range options {
		if o.name == name {
			return o, true
		}
	}
	return option{}, false
}

func defaults() Config {
	return Config{Addr: "localhost:8080", Dir: "donnees", Departement: "93", LogFormat: "texte", Metrics: "locale", Network: true, FileSize: files.MaxSize >> 20, Identity: Identity{Kind: "oidc", Link: "confirmation"}}
}

// ErrHelp is returned when the person asked for help, which has been printed.
var ErrHelp = flag.ErrHelp

// ReadConfig reads flags, environment and file, and returns what is left of the arguments.
func ReadConfig(command string, args, environ []string, out io.Writer) (Config, []string, error) {
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	file := fs.String("config", "", "fichier TOML de réglages")
	given := map[string]*string{}
	for _, o := range options {
		given[o.name] = fs.String(strings.ReplaceAll(o.name, "_", "-"), "", o.help)
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			printHelp(out, command)
			return Config{}, nil, ErrHelp
		}
		_, name, _ := strings.Cut(err.Error(), "-") // the library names the option in an English sentence
		return Config{}, nil, fmt.Errorf("l'option --%s est inconnue, ou sa valeur manque ; voyez maillage %s --help", strings.TrimLeft(name, "-"), command)
	}
	env, err := environment(environ)
	if err != nil {
		return Config{}, nil, err
	}
	if *file == "" {
		*file = env["config"]
	}
	cfg := defaults()
	if err := cfg.readFile(*file); err != nil {
		return Config{}, nil, err
	}
	for _, o := range options {
		if v, ok := env[o.name]; ok {
			if err := o.set(&cfg, v); err != nil {
				return Config{}, nil, fmt.Errorf("variable MAILLAGE_%s : %w", strings.ToUpper(o.name), err)
			}
		}
	}
	var failed error
	fs.Visit(func(f *flag.Flag) {
		name := strings.ReplaceAll(f.Name, "-", "_")
		if o, ok := optionNamed(name); ok && failed == nil {
			if err := o.set(&cfg, *given[name]); err != nil {
				failed = fmt.Errorf("option --%s : %w", f.Name, err)
			}
		}
	})
	if failed != nil {
		return Config{}, nil, failed
	}
	return cfg, fs.Args(), cfg.check()
}

// environment keeps the MAILLAGE_ variables; MAILLAGE_X_FILE names a file that holds the value of X.
func environment(environ []string) (map[string]string, error) {
	got := map[string]string{}
	for _, kv := range environ {
		k, v, _ := strings.Cut(kv, "=")
		name, ours := strings.CutPrefix(k, "MAILLAGE_")
		if !ours || strings.HasPrefix(name, "TEST_") {
			continue
		}
		name = strings.ToLower(name)
		if base, fromFile := strings.CutSuffix(name, "_file"); fromFile {
			b, err := os.ReadFile(filepath.Clean(v))
			if err != nil {
				return nil, fmt.Errorf("variable %s : le fichier %s ne peut pas être lu ; vérifiez son nom et ses droits", k, v)
			}
			name, v = base, strings.TrimSpace(string(b))
		}
		if _, known := optionNamed(name); !known && name != "config" {
			return nil, fmt.Errorf("variable %s inconnue ; celles que Maillage connaît sont listées par maillage serve --help", k)
		}
		got[name] = v
	}
	return got, nil
}

func (c *Config) readFile(path string) error {
	if path == "" {
		return nil
	}
	var raw map[string]any
	if _, err := toml.DecodeFile(path, &raw); err != nil {
		return fmt.Errorf("fichier de réglages %s : %w", path, err)
	}
	names := make([]string, 0, len(raw))
	for name := range raw {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		o, known := optionNamed(name)
		if !known {
			return fmt.Errorf("fichier de réglages %s : « %s » est inconnu ; retirez cette ligne ou corrigez son nom", path, name)
		}
		v := fmt.Sprint(raw[name])
		if err := o.set(c, v); err != nil {
			return fmt.Errorf("fichier de réglages %s, %s : %w", path, name, err)
		}
	}
	return nil
}

func (c *Config) check() error {
	if c.LogFormat != "texte" && c.LogFormat != "json" {
		return fmt.Errorf("journal : « %s » n'est ni texte ni json", c.LogFormat)
	}
	if c.Metrics != "locale" && c.Metrics != "publique" {
		return fmt.Errorf("metrics : « %s » n'est ni locale ni publique", c.Metrics)
	}
	_, port, ok := strings.Cut(c.Addr[strings.LastIndex(c.Addr, "]")+1:], ":")
	if n, err := strconv.Atoi(port); !ok || err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("addr : « %s » n'est pas une adresse HÔTE:PORT, par exemple localhost:8080", c.Addr)
	}
	_, _, err := c.mailer()
	return errors.Join(c.Identity.check(), err)
}

// sqliteName is the file of the database in the folder of a service.
const sqliteName = "maillage.sqlite"

// database is the address of the database: the one given, or a SQLite file in Dir.
func (c *Config) database() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	return "sqlite:" + filepath.Join(c.Dir, sqliteName)
}

func printHelp(w io.Writer, command string) {
	d := defaults()
	_, _ = fmt.Fprintf(w, "maillage %s : réglages\n\n", command)
	_, _ = fmt.Fprintf(w, "Chaque réglage se donne par une option, une variable ou une ligne du fichier TOML, dans cet ordre de priorité.\nMAILLAGE_NOM_FILE désigne un fichier qui contient la valeur.\n\n")
	_, _ = fmt.Fprintf(w, "  --config FICHIER   MAILLAGE_CONFIG\n      fichier TOML de réglages\n")
	for _, o := range options {
		_, _ = fmt.Fprintf(w, "  --%s   MAILLAGE_%s   %s = …\n      %s", strings.ReplaceAll(o.name, "_", "-"), strings.ToUpper(o.name), o.name, o.help)
		if v := o.show(&d); v != "" {
			_, _ = fmt.Fprintf(w, " (par défaut : %s)", v)
		}
		_, _ = fmt.Fprintln(w)
	}
}
