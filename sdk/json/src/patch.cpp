// RFC 6902 over an Editor: nothing is written before the last operation has succeeded.
#include "socle/json/patch.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "src/article.hpp"
#include "src/editor.hpp"

namespace socle::json {
namespace {

Error malformed(std::string reason) { return Error{Code::invalid, std::move(reason)}; }

Result<Pointer> pointer_member(View operation, std::string_view name) {
  const View member = operation.find(name);
  if (!member.is_string())
    return malformed("needs a string member '" + std::string(name) + "', found " +
                     (member ? with_article(member.kind()) : "none"));
  return Pointer::parse(member.as_string());
}

Result<View> value_member(View operation) {
  const View member = operation.find("value");
  if (!member) return malformed("needs a member 'value', found none");
  return member;
}

bool starts_with(const Pointer& path, const Pointer& prefix) {
  const auto& tokens = path.tokens();
  const auto& first = prefix.tokens();
  return tokens.size() > first.size() && std::equal(first.begin(), first.end(), tokens.begin());
}

Status move(Editor& editor, const Pointer& from, const Pointer& path) {
  if (starts_with(path, from)) return Error{Code::conflict, "a value cannot be moved into itself"};
  if (path.tokens() == from.tokens()) {  // nothing moves, but it must be there
    auto there = editor.copy(from);
    return there ? Status{} : Status{std::move(there).error()};
  }
  auto taken = editor.remove(from);
  if (!taken) return std::move(taken).error();
  return editor.add(path, *std::move(taken));
}

Status test(Editor& editor, const Pointer& path, View value) {
  auto same = editor.equals(path, value);
  if (!same) return std::move(same).error();
  if (!*same) return Error{Code::conflict, "the value there is not the one that was expected"};
  return {};
}

Status apply(Editor& editor, View operation, std::string_view name) {
  auto path = pointer_member(operation, "path");
  if (!path) return std::move(path).error();
  if (name == "remove") {
    auto taken = editor.remove(*path);
    return taken ? Status{} : Status{std::move(taken).error()};
  }
  if (name == "add" || name == "replace" || name == "test") {
    auto value = value_member(operation);
    if (!value) return std::move(value).error();
    if (name == "add") return editor.add(*path, Editor::leaf(*value));
    if (name == "replace") return editor.replace(*path, Editor::leaf(*value));
    return test(editor, *path, *value);
  }
  if (name != "move" && name != "copy")
    return malformed("unknown op; known are add, remove, replace, move, copy and test");
  auto from = pointer_member(operation, "from");
  if (!from) return std::move(from).error();
  if (name == "move") return move(editor, *from, *path);
  auto copied = editor.copy(*from);
  if (!copied) return std::move(copied).error();
  return editor.add(*path, *std::move(copied));
}

// "operation 3 (replace /a/b)"
std::string label(std::size_t number, View operation) {
  std::string label = "operation " + std::to_string(number) + " (" + std::string(operation.find("op").as_string());
  label += " " + std::string(operation.find("path").as_string());
  if (label.size() > 200) label = label.substr(0, 200) + "…";
  return label + ")";
}

}  // namespace

Result<Document> apply_patch(View document, View patch, const PatchOptions& options) {
  if (!patch.is_array())
    return malformed("a JSON Patch is an array of operations, found " + with_article(patch.kind()));
  if (patch.size() > options.max_operations)
    return Error{Code::too_large, "the patch has " + std::to_string(patch.size()) + " operations, at most " +
                                      std::to_string(options.max_operations) + " are accepted"};
  Editor editor(document, options.max_work);
  for (std::size_t i = 0; i < patch.size(); ++i) {
    const View operation = patch.at(i);
    const View name = operation.find("op");
    auto status = !operation.is_object() ? Status{malformed("is no object")}
                  : !name.is_string()    ? Status{malformed("needs a string member 'op'")}
                                         : apply(editor, operation, name.as_string());
    if (!status) return std::move(status).error().context(label(i, operation));
  }
  return editor.finish();
}

}  // namespace socle::json
