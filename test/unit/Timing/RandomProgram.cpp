//===- RandomProgram.cpp - Random programs for the timing tests -----------===//
//
// Part of the plmr project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"
#include "ProgramBuilder.h"
#include <map>
#include <random>

using namespace plmr;

namespace {

/// One colour's way from a core to the cores that receive it.
struct Tree {
  unsigned colour;
  unsigned root;
  std::vector<unsigned> receivers;
};

class Generator {
public:
  explicit Generator(uint64_t seed)
      : random(seed), mesh{1 + pick(4), 1 + pick(3)},
        builder(makeMachine(), mesh), parts(mesh.getNumCores()),
        engineColours(mesh.getNumCores()) {}

  Program generate();

private:
  using Code = ProgramBuilder::Code;

  unsigned pick(unsigned bound) {
    return static_cast<unsigned>(random() % bound);
  }
  bool chance(unsigned percent) { return pick(100) < percent; }

  Machine makeMachine();
  void makeTrees(unsigned table);
  void growTree(unsigned colour, unsigned table, std::vector<bool> &taken);
  void addSegment();
  void addMessage(const Tree &tree);
  void addSend(const Tree &tree, unsigned wavelets);
  /// How many elements of a random type make `wavelets` in one repetition.
  std::pair<ElementType, unsigned> pickElements(unsigned wavelets);
  void addReceive(unsigned core, unsigned colour, unsigned wavelets);
  void addRelay(unsigned core, unsigned colour, const Tree &next,
                unsigned wavelets);
  OpOptions pickOptions(unsigned core, std::vector<int> colours);
  /// Waits for engines that hold one of the colours, or for all.
  void release(unsigned core, const std::vector<int> &colours);
  void releaseAll(unsigned core);
  void addNoise(unsigned core);
  void spoil();

  std::mt19937_64 random;
  MeshShape mesh;
  ProgramBuilder builder;
  std::vector<Tree> trees;
  std::vector<Code> parts; ///< the segment's code, per core
  /// Per core: engine to the colours that its running operation holds.
  std::vector<std::map<unsigned, std::vector<int>>> engineColours;
};

} // namespace

Machine Generator::makeMachine() {
  Machine m = llvm::cantFail(getBuiltinMachine("tiny"));
  m.ticksPerCycle = 1 + pick(4);
  m.linkTicks = 1 + pick(3);
  m.hopTicks = 1 + pick(5);
  m.turnTicks = pick(4);
  m.rampTicks = 1 + pick(4);
  m.queueWords = 1 + pick(3);
  m.inputQueueWords = 1 + pick(3);
  m.outputQueueWords = 1 + pick(3);
  m.inputQueues = m.outputQueues = m.colours;
  m.engines = pick(4);
  for (uint32_t *ticks : {&m.scalarTicks, &m.descriptorTicks, &m.loopTicks,
                          &m.predicatedTicks, &m.vectorSetupTicks, &m.mapTicks,
                          &m.engineTicks, &m.waitTicks, &m.epochTicks})
    *ticks = pick(6);
  for (auto &rates : m.rates)
    for (Rate &rate : rates)
      rate = {1 + pick(4), 1 + pick(3)};
  return m;
}

/// The far end of `port`, or ~0u.
static unsigned step(MeshShape mesh, unsigned router, Port port) {
  unsigned x = router % mesh.columns, y = router / mesh.columns;
  if (port == Port::North && y > 0)
    return router - mesh.columns;
  if (port == Port::South && y + 1 < mesh.rows)
    return router + mesh.columns;
  if (port == Port::West && x > 0)
    return router - 1;
  if (port == Port::East && x + 1 < mesh.columns)
    return router + 1;
  return ~0u;
}

void Generator::growTree(unsigned colour, unsigned table,
                         std::vector<bool> &taken) {
  Tree tree{colour, pick(mesh.getNumCores()), {}};
  if (taken[tree.root])
    return;
  taken[tree.root] = true;
  std::vector<std::pair<unsigned, Port>> work = {{tree.root, Port::Ramp}};
  unsigned spread = 20 + pick(60);
  while (!work.empty()) {
    auto [router, input] = work.back();
    work.pop_back();
    std::vector<Port> outputs;
    for (Port port : {Port::North, Port::East, Port::South, Port::West}) {
      unsigned next = step(mesh, router, port);
      if (next == ~0u || taken[next] || !chance(spread))
        continue;
      taken[next] = true;
      outputs.push_back(port);
      work.push_back({next, getOpposite(port)});
    }
    if (input != Port::Ramp && (outputs.empty() || chance(50))) {
      outputs.push_back(Port::Ramp);
      tree.receivers.push_back(router);
    }
    if (outputs.empty()) // a root without neighbours
      return;
    builder.route(router % mesh.columns, router / mesh.columns, colour, input,
                  outputs, table);
  }
  trees.push_back(std::move(tree));
}

void Generator::makeTrees(unsigned table) {
  trees.clear();
  unsigned colours = 1 + pick(6);
  for (unsigned colour = 0; colour < colours; ++colour) {
    std::vector<bool> taken(mesh.getNumCores());
    for (unsigned tries = 1 + pick(3); tries != 0; --tries)
      growTree(colour, table, taken);
  }
}

void Generator::release(unsigned core, const std::vector<int> &colours) {
  auto &held = engineColours[core];
  for (auto it = held.begin(); it != held.end();) {
    bool overlaps = llvm::any_of(it->second, [&](int colour) {
      return llvm::is_contained(colours, colour);
    });
    if (overlaps)
      builder.wait(parts[core], it->first);
    it = overlaps ? held.erase(it) : std::next(it);
  }
}

void Generator::releaseAll(unsigned core) {
  for (const auto &entry : engineColours[core])
    builder.wait(parts[core], entry.first);
  engineColours[core].clear();
}

OpOptions Generator::pickOptions(unsigned core, std::vector<int> colours) {
  release(core, colours);
  OpOptions options;
  if (builder.machine().engines != 0 && chance(40)) {
    options.engine = pick(builder.machine().engines);
    if (engineColours[core].count(options.engine))
      builder.wait(parts[core], options.engine);
    engineColours[core][options.engine] = std::move(colours);
  }
  return options;
}

std::pair<ElementType, unsigned> Generator::pickElements(unsigned wavelets) {
  if (chance(50))
    return {chance(50) ? ElementType::F32 : ElementType::I32, wavelets};
  ElementType type = chance(50) ? ElementType::F16 : ElementType::BF16;
  return {type, 2 * wavelets - pick(2)};
}

void Generator::addSend(const Tree &tree, unsigned wavelets) {
  auto [type, extent] = pickElements(wavelets);
  OpOptions options = pickOptions(tree.root, {int(tree.colour)});
  unsigned memory = pick(numElementTypes);
  builder.op(parts[tree.root], extent, fab(int(tree.colour), type),
             {mem(ElementType(memory))}, options);
}

void Generator::addReceive(unsigned core, unsigned colour, unsigned wavelets) {
  auto [type, extent] = pickElements(wavelets);
  OpOptions options = pickOptions(core, {int(colour)});
  if (chance(30) && wavelets % 2 == 0) {
    options.repeat = 2; // each repetition starts a new wavelet
    extent = getByteWidth(type) == 4 ? wavelets / 2 : wavelets - pick(2);
  }
  if (chance(30))
    options.opcode = Opcode::Add;
  std::vector<Operands> sources = {fab(int(colour), type)};
  if (options.opcode == Opcode::Add)
    sources.push_back(mem(type));
  builder.op(parts[core], extent, mem(type), sources, options);
}

void Generator::addRelay(unsigned core, unsigned colour, const Tree &next,
                         unsigned wavelets) {
  OpOptions options = pickOptions(core, {int(colour), int(next.colour)});
  options.opcode = Opcode::Add;
  auto [type, extent] = pickElements(wavelets);
  // The same number of elements may be another number of wavelets.
  ElementType out = chance(70) ? type : ElementType::F32;
  builder.op(parts[core], extent, fab(int(next.colour), out),
             {fab(int(colour), type), mem(type)}, options);
  unsigned sent = getByteWidth(out) == 4 ? extent : (extent + 1) / 2;
  for (unsigned receiver : next.receivers)
    addReceive(receiver, next.colour, sent);
}

void Generator::addNoise(unsigned core) {
  Code &code = parts[core];
  if (chance(30))
    builder.scalar(code);
  if (chance(20)) {
    OpOptions options;
    options.repeat = pick(4);
    options.opcode = chance(50) ? Opcode::Exp : Opcode::Mov;
    builder.op(code, pick(20), mem(ElementType(pick(numElementTypes))), {mem()},
               options);
    if (chance(30))
      builder.predicate(code, pick(2));
  }
}

void Generator::addMessage(const Tree &tree) {
  // Long ones get into a steady state.
  unsigned wavelets = 1 + pick(chance(30) ? 80 : 10);
  addSend(tree, wavelets);
  std::vector<unsigned> receivers = tree.receivers;
  std::shuffle(receivers.begin(), receivers.end(), random);
  bool mayRelay = true;
  for (unsigned receiver : receivers) {
    addNoise(receiver);
    const Tree *next = nullptr;
    for (const Tree &other : trees)
      if (other.root == receiver && other.colour != tree.colour)
        next = &other;
    if (next && mayRelay && chance(60)) {
      addRelay(receiver, tree.colour, *next, wavelets);
      mayRelay = false;
    } else {
      addReceive(receiver, tree.colour, wavelets);
    }
  }
}

/// Some messages, perhaps in a loop of all cores.
void Generator::addSegment() {
  for (Code &part : parts)
    part.clear();
  for (unsigned messages = 1 + pick(5); messages != 0; --messages)
    addMessage(trees[pick(static_cast<unsigned>(trees.size()))]);
  unsigned count = chance(40) ? 2 + pick(3) : 1;
  for (unsigned core = 0; core < mesh.getNumCores(); ++core) {
    releaseAll(core);
    builder.scalar(parts[core]);
    Code &code = builder.code(core % mesh.columns, core / mesh.columns);
    if (count == 1)
      code.insert(code.end(), parts[core].begin(), parts[core].end());
    else
      builder.loop(code, count, parts[core]);
  }
}

/// Drops an instruction of one core, so that its peers wait or wavelets stay.
void Generator::spoil() {
  unsigned core = pick(mesh.getNumCores());
  Code &code = builder.code(core % mesh.columns, core / mesh.columns);
  Code scalar;
  builder.scalar(scalar);
  for (Instruction &inst : code)
    if (isVector(inst.opcode) && inst.engine == noOperand && chance(50)) {
      inst = scalar[0];
      return;
    }
}

Program Generator::generate() {
  unsigned tables = chance(30) ? 2 : 1;
  for (unsigned table = 0; table < tables; ++table) {
    if (table != 0)
      for (unsigned core = 0; core < mesh.getNumCores(); ++core)
        builder.epoch(builder.code(core % mesh.columns, core / mesh.columns),
                      table);
    makeTrees(table);
    if (trees.empty()) { // a single core
      builder.scalar(builder.code(0));
      continue;
    }
    for (unsigned segments = 1 + pick(3); segments != 0; --segments)
      addSegment();
  }
  if (chance(10))
    spoil();
  return builder.build();
}

Program plmr::makeRandomProgram(uint64_t seed) {
  return Generator(seed).generate();
}
