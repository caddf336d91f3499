// Judges Socle::jose by the JOSE cookbook: conformance_jose DIR, where DIR holds jose-cookbook. Every output of a file
// is verified with its input key and must give its payload; where the file is reproducible, signing again must give the
// same bytes. Prints each failed and skipped case and, last, "jose-cookbook: passed P failed F skipped S". Exit 0 if
// F = 0 and P > 0, 77 if the suite is not there, 2 on wrong use, else 1.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "socle/jose/base64url.hpp"
#include "socle/jose/jws.hpp"
#include "socle/json.hpp"

namespace {

namespace fs = std::filesystem;
using namespace socle;

struct Score {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
  void judge(const std::string& name, const std::string& why) {
    ++(why.empty() ? passed : failed);
    if (!why.empty()) std::printf("FAILED %s: %s\n", name.c_str(), why.c_str());
  }
  void skip(const std::string& name, const char* why) {
    ++skipped;
    std::printf("SKIPPED %s: %s\n", name.c_str(), why);
  }
};

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<jose::KeySet> keys_of(json::View key) {
  std::string text = "{\"keys\":";
  text += key.is_array() ? json::to_text(key) : '[' + json::to_text(key) + ']';
  return jose::KeySet::parse(text + '}');
}

std::string judge_key(json::View jwk) {
  auto key = jose::Key::parse(jwk);
  if (!key) return key.error().message;
  const auto text = jwk.find("d").exists() || jwk.find("k").exists() ? key->private_jwk() : *key->public_jwk();
  auto again = json::Document::parse(text);
  return again && json::equal(again->root(), jwk) ? "" : "written again it is " + text;
}

std::string judge_output(json::View output, std::string_view form, const jose::KeySet& keys, std::string_view payload) {
  jose::Rules rules;
  const bool compact = form == "compact";
  const auto text = compact ? std::string(output.as_string()) : json::to_text(output);
  if (compact ? text.find("..") != std::string::npos : !output.find("payload").exists()) rules.detached = payload;
  const auto verdict = compact ? jose::verify(text, keys, rules) : jose::verify_json(text, keys, rules);
  if (!verdict.ok()) return std::string(form) + " is refused: " + verdict.reason;
  return verdict.payload == payload ? "" : std::string(form) + " gives another payload";
}

// The one signature of a reproducible file, made again.
std::string judge_again(json::View file, const jose::KeySet& keys, std::string_view payload) {
  const auto signing = file.find("signing");
  const auto algorithm = jose::algorithm_named(file.find("input").find("alg").as_string());
  if (!algorithm || keys.keys().size() != 1) return "names no one algorithm and key";
  // The bytes of the protected header as the file's own output has them.
  const auto flat = file.find("output").find("json_flat");
  const auto header = jose::from_base64url(flat.find("protected").as_string());
  const auto loose = signing.find("unprotected").exists() ? json::to_text(signing.find("unprotected")) : std::string();
  if (const auto compact = file.find("output").find("compact"); compact.exists()) {
    auto made = jose::sign(payload, keys.keys()[0], *algorithm, *header,
                           compact.as_string().find("..") != std::string_view::npos);
    if (!made) return made.error().message;
    if (*made != compact.as_string()) return "signed again the compact form is " + *made;
  }
  auto made = jose::sign_json(payload, keys.keys()[0], *algorithm, {*header, loose, !flat.find("payload").exists()});
  if (!made) return made.error().message;
  auto again = json::Document::parse(*made);
  return again && json::equal(again->root(), flat) ? "" : "signed again the flattened form is " + *made;
}

std::string judge_jws(json::View file) {
  const auto input = file.find("input");
  const auto payload = input.find("payload").as_string();
  auto keys = keys_of(input.find("key"));
  if (!keys) return keys.error().message;
  const auto output = file.find("output");
  if (output.empty()) return "has no output";
  for (const auto& [form, value] : output.members())
    if (auto why = judge_output(value, form, *keys, payload); !why.empty()) return why;
  return file.find("reproducible").as_bool() ? judge_again(file, *keys, payload) : "";
}

constexpr auto no_encryption =
    "JWE: Socle neither makes nor accepts encrypted tokens (docs/design/jose.md); its header is refused by name";

void judge(const fs::path& root, const fs::path& path, Score& score) {
  const auto name = fs::relative(path, root).string();
  auto document = json::Document::parse(read(path));
  if (!document) return score.judge(name, document.error().message);
  const auto file = document->root();
  if (file.find("kty").exists()) return score.judge(name, judge_key(file));
  if (file.find("sign").exists()) {
    score.judge(name + " (sign)", judge_jws(file.find("sign")));
    return score.skip(name + " (encrypt)", no_encryption);
  }
  if (!file.find("input").find("payload").exists()) return score.skip(name, no_encryption);
  const auto header = jose::from_base64url(file.find("output").find("json_flat").find("protected").as_string());
  auto head = json::Document::parse(header.value_or(""));
  if (head && head->root().find("b64").exists() && !head->root().find("crit").exists())
    return score.skip(
        name, "its protected header has \"b64\": false and no \"crit\", against RFC 7797 section 6; it is refused");
  score.judge(name, judge_jws(file));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: conformance_jose DIR\n");
    return 2;
  }
  const fs::path root = fs::path(argv[1]) / "jose-cookbook";
  if (!fs::is_directory(root)) {
    std::printf("jose-cookbook: %s is not there, skipped\n", root.c_str());
    return 77;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Score score;
  for (const auto& file : files) judge(root, file, score);
  std::printf("jose-cookbook: passed %d failed %d skipped %d\n", score.passed, score.failed, score.skipped);
  return score.failed == 0 && score.passed > 0 ? 0 : 1;
}
