#include "cli/command.hpp"

namespace socle::cli {
namespace {

const Flag home{"--home", "kernel|cell", "where it runs, when the plugin's manifest does not decide", Form::home};

std::vector<Command> system_commands() {
  return {
      {"run",
       {{"SYSTEM.yaml", Form::file}},
       {{"--data", "DIR", "the data folder, instead of the manifest's", Form::file},
        {"--listen", "ADDR:PORT", "the address of listener `http`; port 0 is any free one", Form::address},
        {"--workers", "N", "how many workers, 1 to 128; one per core otherwise", Form::workers},
        {"--control", "PATH", "the control socket; control.sock in the data folder otherwise", Form::file}},
       "start the kernel; it stays in the foreground",
       "Once it serves, stdout gets one line, `ready http=… ops=… control=… pid=… plugins=… tenants=… rss=… "
       "started_in=…`. Logs go to stderr. SIGTERM drains, then it exits 0.",
       {{"socle run system.yaml --data data --listen 127.0.0.1:0"}}},
      {"status",
       {},
       {},
       "health, counts and addresses of the running kernel",
       "",
       {{"socle status"}, {"socle status --json"}}},
      {"top",
       {},
       {{"--once", "", "print once, even on a terminal", Form::text, false, true}},
       "plugins and workers at work: calls, errors, p99, in flight",
       "On a terminal it is redrawn every second, with calls per second, until Ctrl-C.",
       {{"socle top --once"}}},
      {"doctor",
       {},
       {},
       "check settings, disk, limits, workers, certificates and drift, with advice",
       "Exits 1 when a check fails; a warning is advice and no failure.",
       {{"socle doctor"}}},
  };
}

std::vector<Command> plugin_commands() {
  return {
      {"plugin list", {}, {}, "every generation that is mapped, and why", "", {{"socle plugin list"}}},
      {"plugin show",
       {{"NAME"}},
       {},
       "all generations of one plugin, unmapped ones too",
       "",
       {{"socle plugin show storage-rocksdb"}}},
      {"plugin verify",
       {{"PATH", Form::path}},
       {{"--system", "SYSTEM.yaml",
         "take trust, resident libraries, grants and config from this file and ask no kernel", Form::path, false,
         true}},
       "what can be checked of a plugin without running it",
       "PATH is a folder with manifest.yaml and its library. The running kernel is asked; when none answers, or with "
       "--system, this process checks itself, and all findings are printed. No code of the plugin runs. The library's "
       "descriptor (its name, its ABI, its methods) is read from the file and compared with the manifest if the "
       "library's entry does nothing but return it, as SOCLE_PLUGIN's does; else the verdict says so, `\"descriptor\": "
       "\"unread\"` with --json, and it is compared when the plugin is loaded.",
       {{"socle plugin verify plugins/hello"}, {"socle plugin verify plugins/hello --system system.yaml"}}},
      {"plugin load",
       {{"PATH", Form::path}},
       {home},
       "add a plugin to the running system",
       "It is granted what its manifest asks for.",
       {{"socle plugin load plugins/hello --home kernel"}}},
      {"plugin swap",
       {{"NAME"}, {"PATH", Form::path}},
       {{"--canary", "SHARE", "first send only this share of callers to the new generation, such as 5%",
         Form::percentage},
        {"--for", "DURATION", "how long the canary is watched, such as 60s (the default)", Form::duration},
        {"--tenants", "A,B", "first send only these tenants, which must exist, to the new generation"}},
       "put a new generation in a plugin's place, under load",
       "Prints how long it took to load, flip and drain, how many requests failed and what became of the old "
       "generation. A canary is promoted or sent back by its errors and latency, or ended by `socle plugin rollback "
       "NAME`; sent back and ended exit 1.",
       {{"socle plugin swap hello plugins/hello-next --canary 5% --for 1s", 1, "nobody calls, so the canary goes back"},
        {"socle plugin swap hello plugins/hello-next"}}},
      {"plugin rollback",
       {{"NAME"}},
       {},
       "put the generation before back in place, or end a running canary",
       "While a canary of the plugin runs, it is the canary that goes: every call meets the generation that serves "
       "beside it, which stays, and the `socle plugin swap` that waits for the verdict exits 1. A canary that is being "
       "sent back already is no failure; for 10 s after one was, what served beside it is not taken back and the "
       "command exits 1.",
       {{"socle plugin rollback hello"}}},
      {"plugin move",
       {{"NAME"}},
       {{"--home", "kernel|cell", "where it shall run", Form::home, true}},
       "the same generation in another home, live",
       "",
       {{"socle plugin move hello --home kernel", 1, "it runs there already"}}},
      {"plugin unload",
       {{"NAME"}},
       {},
       "remove a plugin; refused while others require it",
       "",
       {{"socle plugin unload hello"}}},
      {"plugin new",
       {{"NAME"}},
       {{"--dir", "D", "the folder to make; ./NAME otherwise", Form::path, false, true}},
       "scaffold a plugin that builds, passes its test and loads",
       "NAME is lower-case words joined by '-'. An existing folder that is not empty is refused. Needs no kernel.",
       {{"socle plugin new stock-keeper"}}},
  };
}

std::vector<Command> tenant_commands() {
  return {
      {"tenant create",
       {{"ID", Form::text, Count::at_most_one}},
       {{"--plan", "P", "one of the system file's plans; without one it has weight 1 and no limits"},
        {"--no-admin", "", "invite no administrator"},
        {"--from", "FILE", "create all tenants of a file, a line each: ID [plan=P] [NAME=VALUE ...]", Form::path}},
       "a new tenant, or many from a file",
       "With an auth/1 provider it prints a link with which the administrator sets a password, once. A file is created "
       "whole or not at all; tenants that exist with the same settings stay as they are, and nobody is invited.",
       {{"socle tenant create acme --plan free --no-admin"}, {"socle tenant create --from tenants.txt --plan free"}}},
      {"tenant list", {}, {}, "every tenant with its plan and state", "", {{"socle tenant list"}}},
      {"tenant show",
       {{"ID"}},
       {},
       "what a tenant may use, and uses",
       "Durations are in seconds, sizes in bytes. A flow is the last minute's sum, a stock its present level.",
       {{"socle tenant show acme"}}},
      {"tenant set",
       {{"ID"}, {"NAME=VALUE", Form::text, Count::at_least_one}},
       {},
       "change a tenant's plan, or a number of it for this tenant alone",
       "Holds from the next request on. An empty value takes a setting back: `rate=` is the plan's rate again.",
       {{"socle tenant set acme rate=50 storage.bytes=10MiB"}, {"socle tenant set acme plan=paid rate="}}},
      {"tenant suspend",
       {{"ID"}},
       {},
       "refuse a tenant's requests, and keep its data",
       "",
       {{"socle tenant suspend acme"}}},
      {"tenant resume", {{"ID"}}, {}, "serve a suspended tenant again", "", {{"socle tenant resume acme"}}},
      {"tenant token",
       {{"ID"}},
       {{"--user", "U", "for this user; an administrator otherwise"}},
       "print a token that acts for a tenant",
       "Needs an auth/1 provider.",
       {{"socle tenant token acme", 1, "no auth/1 provider is loaded"}}},
      {"tenant delete",
       {{"ID"}},
       {},
       "erase all data of a tenant, then forget it",
       "Its requests are refused from the start. Interrupted, it goes on by itself, also after a restart.",
       {{"socle tenant delete acme"}}},
  };
}

std::vector<Command> model_commands() {
  const Flag tenant{"--tenant", "T", "whose models", Form::text, true};
  const Flag key{"--key", "FILE", "sign each model with this Ed25519 private key (PEM)", Form::file, false, true};
  const Flag major{"--major", "", "publish what breaks a promise of compatibility as a new major version"};
  return {
      {"model plan",
       {{"DIR", Form::file}},
       {tenant, major},
       "what `model apply` of this folder would publish, and what has no file",
       "Every .yaml, .yml and .json file below DIR is one model; its key form, rules or policy says which. Each is "
       "compiled and tested as for a publish; nothing changes. Exits 1 when one is refused.",
       {{"socle model plan models --tenant beta"}}},
      {"model apply",
       {{"DIR", Form::file}},
       {tenant, major, key},
       "publish a folder's models that differ from what is served",
       "Nothing is published unless all could be. Models without a file are left as they are.",
       {{"socle model apply models --tenant beta"}, {"socle model apply models --tenant beta --key author.pem"}}},
      {"model trust",
       {{"KEY", Form::text, Count::at_least_one}},
       {tenant},
       "publish only what one of these Ed25519 public keys has signed",
       "A KEY is hex, base64 or a file that `openssl pkey -pubout` wrote. They replace those before; `none` trusts "
       "everybody again. Operators sign by `model apply --key`.",
       {{"socle model trust author.pub --tenant beta"}, {"socle model trust none --tenant beta"}}},
      {"model export",
       {{"DIR", Form::file}},
       {tenant},
       "write a tenant's models as files, as their authors wrote them",
       "DIR/KIND/NAME.yaml or .json. Applied to another tenant they have the same hashes.",
       {{"socle model export exported --tenant beta"}}},
      {"model rollback",
       {{"KIND/NAME"}},
       {tenant, {"--to", "V", "the version to go back to; the one served before otherwise"}},
       "serve an earlier version again, at once",
       "A canary or a version whose indexes are building is taken back instead, unless a version is named.",
       {{"socle model rollback rules/loan --tenant beta --to 1.0.0"}}},
      {"model migrated",
       {{"KIND/NAME"}},
       {tenant, {"--version", "V", "the older version of which no data is left", Form::text, true}},
       "say that no data of an older major is left, so that it is no longer listed as serving",
       "It can still be addressed by its version. The history tells who said so.",
       {{"socle model migrated rules/loan --version 9.0.0 --tenant beta", 1, "there is no such version"}}},
      {"model retire",
       {{"KIND/NAME"}},
       {tenant, {"--reason", "TEXT", "kept in the history"}},
       "serve nothing under this name any more, at once",
       "Its versions and its history stay, and data made with them; `model rollback` serves it again.",
       {{"socle model retire rules/loan --tenant beta --reason replaced"}}},
      {"model history",
       {{"KIND/NAME"}},
       {tenant},
       "who published, promoted, reverted or rolled back what, and when",
       "",
       {{"socle model history rules/loan --tenant beta"}}},
  };
}

std::vector<Command> change_commands() {
  return {
      {"plan",
       {{"SYSTEM.yaml", Form::path}},
       {},
       "what `apply` of this file would change, and whether it would fit",
       "Without a kernel the file is still checked; the command exits 1, for there is nothing to compare it with.",
       {{"socle plan next.yaml"}}},
      {"apply",
       {{"SYSTEM.yaml", Form::path}},
       {},
       "change the running system to what this file says, all or nothing",
       "",
       {{"socle apply next.yaml"}}},
      {"storage backup",
       {{"DIR", Form::path}},
       {},
       "copy the embedded store into a folder, while it serves",
       "",
       {{"socle storage backup backup"}}},
      {"storage verify",
       {{"DIR", Form::path}},
       {},
       "read a whole backup and check everything in it",
       "",
       {{"socle storage verify backup"}}},
      {"storage restore",
       {{"DIR", Form::path}},
       {},
       "fill an empty store from a backup, while it serves",
       "Refused when the store holds data: start with an empty data folder and restore into that.",
       {{"socle storage restore backup"}}},
      {"token inspect",
       {{"TOKEN"}},
       {{"--jwks", "FILE", "the keys: a JWK Set, or one JWK", Form::file, true, true},
        {"--alg", "NAME", "accept this algorithm only, such as ES256", Form::text, false, true}},
       "judge a signed token offline, and say why it is refused",
       "Exactly the code that judges signature and header of requests' tokens; how large one may be and what its "
       "claims must "
       "say is up to whom it is for. TOKEN is a JWS in compact or JSON form; times in the payload are only remarked "
       "upon. "
       "Needs no kernel.",
       {{"socle token inspect --jwks keys.json --alg EdDSA "
         "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
         "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
        {"socle token inspect --jwks keys.json eyJhbGciOiJub25lIn0.e30.", 1, "an unsigned token is never accepted"}}},
      {"audit verify",
       {{"DIR", Form::file, Count::at_most_one}},
       {{"--key", "FILE", "the public key that must have signed, kept elsewhere; the folder's key.pub otherwise",
         Form::file, false, true}},
       "prove that the audit trail is what was written, or name the first bad place",
       "Reads every byte: keys, signed head, segments, index. Without DIR it is the running kernel's, else data/audit. "
       "Needs no kernel, and may run beside one. Exits 1 with file, offset, entry, what was expected and what was "
       "found.",
       {{"socle audit verify"}, {"socle audit verify data/audit --key data/audit/key.pub --json"}}},
      {"audit tail",
       {{"DIR", Form::file, Count::at_most_one}},
       {{"--limit", "N", "how many, 1 to 10000; 20 otherwise", Form::text, false, true},
        {"--tenant", "T", "of this tenant only; '' is the operators' own", Form::text, false, true},
        {"--trace", "ID", "of this trace only", Form::text, false, true},
        {"--target", "TARGET", "about this only, such as notes/01JABC", Form::text, false, true},
        {"--operation", "NAME", "of this kind only, such as auth.login", Form::text, false, true}},
       "the latest audit entries, oldest first",
       "Reads the trail's files, as `audit verify` does.",
       {{"socle audit tail"}, {"socle audit tail --tenant acme --limit 5"}}},
      {"explain call",
       {{"FROM"}, {"TO"}},
       {},
       "why a plugin may or may not call a method",
       "FROM is a plugin, TO a method such as storage/1.get.",
       {{"socle explain call gateway storage/1.get"}}},
      {"explain plugin",
       {{"NAME"}},
       {},
       "what breaks without a plugin",
       "",
       {{"socle explain plugin storage-rocksdb"}}},
      {"explain access",
       {{"TENANT"}, {"USER"}, {"ACTION"}, {"RESOURCE"}},
       {{"--record", "FILE", "about this record: JSON such as {\"created_by\": …, \"doc\": {…}}", Form::path}},
       "why a user may or may not do something",
       "USER is a username, ACTION a word such as read or delete, RESOURCE such as forms/leave. Asks auth/1 with the "
       "user's roles as they are now and tells every grant and rule that was considered.",
       {{"socle explain access acme ada delete forms/leave --record record.json", 1, "no auth/1 provider is loaded"}}},
  };
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> list = system_commands();
    for (auto more : {plugin_commands(), tenant_commands(), change_commands(), model_commands()})
      list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
  return all;
}

const std::vector<Flag>& common_flags() {
  static const std::vector<Flag> all{
      {"--control", "PATH", "the kernel's control socket; else $SOCLE_CONTROL, else ./data/control.sock", Form::file,
       false, true},
      {"--json", "", "print JSON for programs instead of a table for people", Form::text, false, true},
  };
  return all;
}

const std::vector<std::string_view>& usual_resident() {
  static const std::vector<std::string_view> names{"librocksdb.so.7.8", "libssl.so.3",    "libcrypto.so.3",
                                                   "libpq.so.5",        "libre2.so.9",    "libpcre2-8.so.0",
                                                   "libsimdjson.so.14", "libargon2.so.1", "libyaml-cpp.so.0.7"};
  return names;
}

}  // namespace socle::cli
