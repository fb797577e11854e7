//===- Locations.cpp - Source locations as text and back ------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Fields.h"

using namespace mlir;
using namespace plmr;

std::string plmr::printLocation(Location location) {
  if (auto file = dyn_cast<FileLineColRange>(location))
    return llvm::formatv("{0}:{1}:{2}", file.getFilename().getValue(),
                         file.getStartLine(), file.getStartColumn());
  if (auto name = dyn_cast<NameLoc>(location))
    return name.getName().str();
  // What is no place in a file must not end like one.
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return printLocation(call.getCallee()) + " (called from " +
           printLocation(call.getCaller()) + ")";
  if (auto opaque = dyn_cast<OpaqueLoc>(location))
    return printLocation(opaque.getFallbackLocation());
  auto fused = dyn_cast<FusedLoc>(location);
  if (!fused)
    return "unknown";
  if (fused.getLocations().size() == 1)
    return printLocation(fused.getLocations().front());
  std::string text = "[";
  llvm::interleave(
      fused.getLocations(), [&](Location part) { text += printLocation(part); },
      [&] { text += ", "; });
  return text + "]";
}

Location plmr::parseLocation(MLIRContext *context, StringRef text) {
  auto [rest, column] = text.rsplit(':');
  auto [file, line] = rest.rsplit(':');
  unsigned lineNumber = 0, columnNumber = 0;
  if (!line.getAsInteger(10, lineNumber) &&
      !column.getAsInteger(10, columnNumber)) {
    auto location =
        FileLineColLoc::get(context, file, lineNumber, columnNumber);
    // Not so for "f:01:2" and for numbers that MLIR cannot hold.
    if (printLocation(location) == text)
      return location;
  }
  return NameLoc::get(StringAttr::get(context, text));
}

//===----------------------------------------------------------------------===//
// LocationTable
//===----------------------------------------------------------------------===//

LocationTable::LocationTable(std::vector<std::string> texts)
    : texts(std::move(texts)) {
  for (auto [number, text] : llvm::enumerate(this->texts))
    numbers.try_emplace(text, number);
}

uint32_t LocationTable::getNumber(StringRef text) {
  auto [it, inserted] = numbers.try_emplace(text, texts.size());
  if (inserted)
    texts.push_back(text.str());
  return it->second;
}

uint32_t LocationTable::getNumber(Location location) {
  std::string text = printLocation(location);
  if (auto fused = dyn_cast<FusedLoc>(location))
    if (auto number = dyn_cast_if_present<IntegerAttr>(fused.getMetadata()))
      if (number.getValue().ult(texts.size()) && texts[number.getInt()] == text)
        return static_cast<uint32_t>(number.getInt());
  return getNumber(text);
}

Location plmr::wrapLocation(Location location, uint32_t number) {
  MLIRContext *context = location.getContext();
  return FusedLoc::get(context, location,
                       Builder(context).getI64IntegerAttr(number));
}
