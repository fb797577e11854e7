//===- Program.cpp - What the cores of a mesh execute ---------------------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "plmr/Program/Program.h"
#include <algorithm>
#include <bitset>

using namespace plmr;

llvm::StringRef plmr::stringify(Port port) {
  static constexpr llvm::StringLiteral names[numPorts] = {
      "north", "east", "south", "west", "ramp"};
  return names[static_cast<unsigned>(port)];
}

Port plmr::getOpposite(Port port) {
  switch (port) {
  case Port::North:
    return Port::South;
  case Port::East:
    return Port::West;
  case Port::South:
    return Port::North;
  case Port::West:
    return Port::East;
  case Port::Ramp:
    return Port::Ramp;
  }
  return port;
}

llvm::StringRef plmr::stringify(Object::Kind kind) {
  static constexpr llvm::StringLiteral names[] = {
      "weight", "state", "input", "output", "scratch", "table", "code"};
  return names[static_cast<unsigned>(kind)];
}

template <typename T>
static const T *findByName(const std::vector<T> &list, llvm::StringRef name) {
  auto it = std::find_if(list.begin(), list.end(),
                         [&](const T &item) { return item.name == name; });
  return it == list.end() ? nullptr : &*it;
}

const Tensor *Program::findTensor(llvm::StringRef name) const {
  return findByName(tensors, name);
}

const Launch *Program::findLaunch(llvm::StringRef name) const {
  return findByName(launches, name);
}

RouteUse plmr::getRouteUse(const Program &program, const RouteTable &table) {
  RouteUse use;
  std::bitset<256> all;
  std::vector<bool> used(table.classes.size());
  for (uint16_t cls : table.classOf)
    used[cls] = true;
  for (size_t i = 0; i != table.classes.size(); ++i) {
    if (!used[i])
      continue;
    std::bitset<256> colours;
    unsigned inputs = 0, outputs = 0;
    for (const Route &route : table.classes[i]) {
      colours.set(route.colour);
      inputs += route.hasOutput(Port::Ramp);
      outputs += route.input == Port::Ramp;
    }
    all |= colours;
    use.colours = std::max<unsigned>(use.colours, colours.count());
    use.inputQueues = std::max(use.inputQueues, inputs);
    use.outputQueues = std::max(use.outputQueues, outputs);
  }
  use.totalColours = all.count();
  return use;
}

uint64_t plmr::getSramHighWater(const Program &program) {
  uint64_t high = 0;
  for (const Object &object : program.objects)
    high = std::max(high, uint64_t(object.address) + object.bytes);
  return high;
}
