// schema.hpp: the declarative table behind a manifest struct. One Object<T> per struct names every key with its member,
// type, default, constraints and description; reading with all errors, the reference page and the canonical form come
// from that one table. Included by the *_schema.cpp files and the reference writer only.
//
// Over 300 lines: reading, writing and describing one type belong side by side, and templates cannot leave the header.
//
//   template <> const Object<Health>& object_of<Health>() {
//     static const Object<Health> object("Health", "How often …",
//         {field("interval", &Health::interval, "Time between two questions.").from(10ms), ...});
//     return object;
//   }
//
// The default of a key is the initialiser of its member: it is printed from a default-made T.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "manifest/text.hpp"
#include "manifest/yaml.hpp"

namespace socle::manifest {

struct Reader {
  Problems& problems;
  std::filesystem::path folder;  // relative paths are relative to it

  // "expected WANTED, found …"
  void mistyped(const Node& node, const std::string& wanted, const std::string& hint = {});
  // True for a map; otherwise says so.
  bool wants_map(const Node& node);
  bool wants_list(const Node& node);
  // For a plain scalar that YAML means as a number or boolean where text is wanted.
  bool is_text(const Node& node);
};

using Flat = std::map<std::string, std::string>;

struct ObjectDoc;
struct TypeDoc {
  std::string text;                   // "list of services"
  const ObjectDoc* nested = nullptr;  // the section that tells the rest
};
struct FieldDoc {
  std::string key;
  TypeDoc type;
  std::string fallback;  // default as text; "" when required
  std::string describe;
  std::string constraint;
  bool required = false;
};
struct ObjectDoc {
  std::string title;
  std::string describe;
  std::vector<FieldDoc> fields;
};

template <class T>
class Object;
template <class T>
const Object<T>& object_of();

// How a T stands in YAML. The primary template is a map with a table.
template <class T>
struct Codec {
  static TypeDoc doc() { return {"map", &object_of<T>()}; }
  static void read(const Node& node, Reader& reader, T& value) { object_of<T>().read(node, reader, value); }
  static void flatten(const T& value, const std::string& path, Flat& flat) {
    object_of<T>().flatten(value, path, flat);
  }
};

template <HasText T>
struct Codec<T> {
  static TypeDoc doc() {
    if constexpr (std::is_enum_v<T>) {
      std::string text;
      for (const auto name : Text<T>::names()) text += (text.empty() ? "`" : " \\| `") + std::string(name) + "`";
      return {text};
    }
    return {std::string(Text<T>::name)};
  }
  static void read(const Node& node, Reader& reader, T& value) {
    if (node.kind != Node::Kind::scalar) return reader.mistyped(node, Text<T>::wanted());
    if (Text<T>::bare && node.quoted) return reader.mistyped(node, Text<T>::wanted(), " in quotes; remove them");
    if constexpr (std::is_same_v<T, std::string>) {
      if (!reader.is_text(node)) return;
    }
    if (auto parsed = Text<T>::parse(node.text)) {
      value = std::move(*parsed);
    } else if constexpr (std::is_enum_v<T>) {
      reader.mistyped(node, Text<T>::wanted(), did_you_mean(node.text, Text<T>::names()));
    } else {
      reader.mistyped(node, Text<T>::wanted());
    }
  }
  static void flatten(const T& value, const std::string& path, Flat& flat) { flat[path] = Text<T>::print(value); }
};

template <>
struct Codec<std::filesystem::path> {
  static TypeDoc doc() { return {"path"}; }
  static void read(const Node& node, Reader& reader, std::filesystem::path& value);
  static void flatten(const std::filesystem::path& value, const std::string& path, Flat& flat) {
    flat[path] = value.string();
  }
};

// Any YAML value, taken as it is and checked later.
template <>
struct Codec<Node> {
  static TypeDoc doc() { return {"any value"}; }
  static void read(const Node& node, Reader&, Node& value) { value = node; }
  static void flatten(const Node& value, const std::string& path, Flat& flat);
};

template <class T>
struct Codec<std::optional<T>> {
  static TypeDoc doc() { return Codec<T>::doc(); }
  static void read(const Node& node, Reader& reader, std::optional<T>& value) {
    Codec<T>::read(node, reader, value.emplace());
  }
  static void flatten(const std::optional<T>& value, const std::string& path, Flat& flat) {
    if (value) Codec<T>::flatten(*value, path, flat);
  }
};

// Entries of a list are known by this in the canonical form; the position unless a table says better.
template <class T>
std::string identity_of(const T& value, std::size_t position) {
  if constexpr (requires { identity(value); }) {
    return identity(value);
  } else {
    return std::to_string(position);
  }
}

template <class T>
struct Codec<std::vector<T>> {
  static TypeDoc doc() {
    const auto item = Codec<T>::doc();
    return {"list of " + item.text + "s", item.nested};
  }
  static void read(const Node& node, Reader& reader, std::vector<T>& value) {
    if (!reader.wants_list(node)) return;
    for (const auto& item : node.items) Codec<T>::read(item, reader, value.emplace_back());
  }
  static void flatten(const std::vector<T>& value, const std::string& path, Flat& flat) {
    if constexpr (HasText<T>) {
      std::string text;
      for (const auto& item : value) text += (text.empty() ? "[" : ", ") + Text<T>::print(item);
      if (!text.empty()) flat[path] = text + "]";
    } else {
      std::map<std::string, int> seen;
      for (std::size_t i = 0; i < value.size(); ++i) {
        const auto id = identity_of(value[i], i);
        const int again = seen[id]++;
        Codec<T>::flatten(value[i], path + "." + id + (again == 0 ? "" : "#" + std::to_string(again + 1)), flat);
      }
    }
  }
};

template <class T>
struct Codec<std::map<std::string, T>> {
  static TypeDoc doc() {
    const auto item = Codec<T>::doc();
    return {"map of name to " + item.text, item.nested};
  }
  static void read(const Node& node, Reader& reader, std::map<std::string, T>& value) {
    if (!reader.wants_map(node)) return;
    for (const auto& member : node.members) Codec<T>::read(member.value, reader, value[member.key]);
  }
  static void flatten(const std::map<std::string, T>& value, const std::string& path, Flat& flat) {
    for (const auto& [key, item] : value) {
      flat[path + "." + key] = "{}";  // an entry counts even when all of it is default
      Codec<T>::flatten(item, path + "." + key, flat);
    }
  }
};

template <class T>
struct Field {
  FieldDoc doc;
  std::function<void(const Node&, Reader&, T&)> read;
  std::function<void(const T&, const std::string&, Flat&)> flatten;

  Field&& required() && {
    doc.required = true;
    doc.fallback.clear();
    return std::move(*this);
  }
  // What absence means, where no value of the type says it.
  Field&& absent(std::string meaning) && {
    doc.fallback = std::move(meaning);
    return std::move(*this);
  }
  Field&& constrained(std::string text) && {
    doc.constraint = std::move(text);
    return std::move(*this);
  }
  // `check` sees the node after it was read without a problem.
  Field&& also(std::function<void(const Node&, Reader&, T&)> check) && {
    read = [before = std::move(read), check = std::move(check)](const Node& node, Reader& reader, T& value) {
      const auto problems = reader.problems.count();
      before(node, reader, value);
      if (reader.problems.count() == problems) check(node, reader, value);
    };
    return std::move(*this);
  }
  // The text of a scalar, of each entry of a list, or each key of a map must satisfy `rule`.
  Field&& named(bool (*rule)(std::string_view), std::string wanted) &&;
  // Bounds, both included, as they would be written.
  template <class V>
  Field&& within(V T::*member, std::type_identity_t<V> least, std::type_identity_t<V> most) &&;
};

void check_names(const Node& node, Reader& reader, bool (*rule)(std::string_view), const std::string& wanted);

template <class T>
Field<T>&& Field<T>::named(bool (*rule)(std::string_view), std::string wanted) && {
  return std::move(*this).also([rule, wanted = std::move(wanted)](const Node& node, Reader& reader, T&) {
    check_names(node, reader, rule, wanted);
  });
}

template <class T>
template <class V>
Field<T>&& Field<T>::within(V T::*member, std::type_identity_t<V> least, std::type_identity_t<V> most) && {
  const auto print = [](const V& bound) {
    Flat flat;
    Codec<V>::flatten(bound, "", flat);
    return flat[""];
  };
  const auto range = "from " + print(least) + " to " + print(most);
  doc.constraint = range;
  return std::move(*this).also([=](const Node& node, Reader& reader, T& value) {
    if (value.*member < least || most < value.*member) reader.mistyped(node, "a value " + range);
  });
}

template <class T, class V>
Field<T> field(std::string key, V T::*member, std::string describe) {
  Field<T> made;
  Flat flat;
  if constexpr (HasText<V> || std::is_same_v<V, std::filesystem::path>) {
    Codec<V>::flatten(T().*member, "", flat);
    made.doc.fallback = flat[""];
  } else if constexpr (requires(const V& value) { value.empty(); }) {
    made.doc.fallback = "none";
  }
  made.doc.key = std::move(key);
  made.doc.type = Codec<V>::doc();
  made.doc.describe = std::move(describe);
  made.read = [member](const Node& node, Reader& reader, T& value) { Codec<V>::read(node, reader, value.*member); };
  made.flatten = [member](const T& value, const std::string& path, Flat& out) {
    Codec<V>::flatten(value.*member, path, out);
  };
  return made;
}

template <class T>
class Object : public ObjectDoc {
 public:
  using Shorthand = std::function<bool(const Node&, Reader&, T&)>;
  using Check = std::function<void(const Node&, Reader&, T&)>;

  Object(std::string name, std::string about, std::vector<Field<T>> table) : table_(std::move(table)) {
    title = std::move(name);
    describe = std::move(about);
    for (const auto& entry : table_) fields.push_back(entry.doc);
  }

  // Taken instead of a map when it answers true.
  Object&& short_form(Shorthand shorthand) && {
    shorthand_ = std::move(shorthand);
    return std::move(*this);
  }
  // Rules between keys; runs after all keys were read, with or without problems.
  Object&& rule(Check check) && {
    check_ = std::move(check);
    return std::move(*this);
  }

  void read(const Node& node, Reader& reader, T& value) const {
    if constexpr (requires { value.at; }) value.at = node.at;
    if (shorthand_ && shorthand_(node, reader, value)) return;
    if (!reader.wants_map(node)) return;
    for (const auto& member : node.members) read_member(member, reader, value);
    for (const auto& entry : table_) {
      if (entry.doc.required && node.find(entry.doc.key) == nullptr) {
        reader.problems.add(node.at,
                            "missing key '" + entry.doc.key + "' (" + entry.doc.type.text + "): " + entry.doc.describe);
      }
    }
    if (check_) check_(node, reader, value);
  }

  void flatten(const T& value, const std::string& path, Flat& flat) const {
    static const T plain{};
    for (const auto& entry : table_) {
      const auto key = path.empty() ? entry.doc.key : path + "." + entry.doc.key;
      Flat own;
      Flat fallback;
      entry.flatten(value, key, own);
      entry.flatten(plain, key, fallback);
      for (auto& [name, text] : own) {
        const auto same = fallback.find(name);
        if (same == fallback.end() || same->second != text) flat[name] = std::move(text);
      }
    }
  }

 private:
  void read_member(const Member& member, Reader& reader, T& value) const {
    std::vector<std::string_view> known;
    for (const auto& entry : table_) {
      if (entry.doc.key == member.key) return entry.read(member.value, reader, value);
      known.push_back(entry.doc.key);
    }
    if (reader.problems.full()) known.clear();
    reader.problems.add(member.at, "unknown key " + in_quotes(member.key) + did_you_mean(member.key, known));
  }

  std::vector<Field<T>> table_;
  Shorthand shorthand_;
  Check check_;
};

}  // namespace socle::manifest
