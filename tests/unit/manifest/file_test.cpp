#include <catch2/catch.hpp>

#include "manifest/file.hpp"
#include "manifest_texts.hpp"
#include "temp_folder.hpp"

using namespace socle::manifest;

TEST_CASE("file: a missing file, a folder and a long file are told apart", "[manifest]") {
  const TempFolder folder;
  const auto file = folder.write("a", "12345");
  CHECK(read_file(file, 5).value() == "12345");
  CHECK(read_file(file, 4).error().code == socle::Code::too_large);
  CHECK(read_file(file, 4).error().message == "read '" + file.string() + "': expected at most 4 bytes, found more");
  CHECK(read_file(folder.path() / "b", 9).error().code == socle::Code::not_found);
  CHECK(read_file(folder.path(), 9).error().message ==
        "open '" + folder.path().string() + "': expected a file, found a folder");
}

TEST_CASE("file: a manifest is loaded from its folder or by its name", "[manifest]") {
  const TempFolder folder;
  const auto file = folder.write("manifest.yaml", plugin_text(""));
  CHECK(load_plugin_manifest(folder.path()).value().library == folder.path() / "libhello.so");
  CHECK(load_plugin_manifest(file).value().plugin == "hello");
  CHECK(load_plugin_manifest(folder.path() / "none").error().message ==
        "read plugin manifest: open '" + (folder.path() / "none/manifest.yaml").string() +
            "': No such file or directory");
}

TEST_CASE("file: a file renamed into place counts as changed, even with the same size and time", "[manifest]") {
  const TempFolder folder;
  const auto file = folder.write("m.yaml", "a: 1\n");
  const auto look = look_at(file).value();
  CHECK(look_at(file).value() == look);
  const auto other = folder.write("other", "a: 2\n");
  std::filesystem::last_write_time(other, std::filesystem::last_write_time(file));
  std::filesystem::rename(other, file);
  CHECK_FALSE(look_at(file).value() == look);
}
