/** Words for random container names: friendly adjectives, and surnames of people who moved science, shipping or computing on. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const adjectives: readonly string[] = words(`
  able agile alert amber ample apt arctic ardent astute aware azure balmy bold brave breezy brief bright brisk broad bubbly buoyant calm candid
  careful cheery chief chipper civil clean clear clever coastal cosy cordial crisp curious dapper daring dear deep deft devoted direct dreamy eager
  early earnest easy elegant even exact fair faithful famous fancy fearless festive fine firm fleet fluent fond frank free fresh friendly frosty full
  gallant generous gentle genuine gifted glad gleaming golden good graceful grand grateful great green handy happy hardy harmonic hearty helpful
  honest hopeful humble hushed ideal inland jaunty jolly jovial joyful just keen kind large lasting lean level light limber lively loyal lucid lucky
  lunar magnetic maritime mellow merry mild mindful modest nautic neat nimble noble northern novel oceanic open orderly patient peaceful pensive perky
  placid plain playful pleasant polite proud prompt pure quaint quick quiet radiant rapid ready regal relaxed resolute rosy round sailing salty
  secure sedate serene sharp shiny silent silver simple sincere sleek smart smooth snug sober solar solid sound southern sparkling spirited spry
  stable steady sterling stoic stout strong sturdy subtle sunny super sure swift tactful tall tender thorough tidal tidy trim true trusty upbeat
  valiant vast vital vivid warm wavy willing windy winsome wise witty wonderful worthy zealous zesty`);

export const surnames: readonly string[] = words(`
  abel agnesi aiken allen amundsen archimedes avicenna babbage backus banach banneker bardeen barentsz bartik bell bering bernoulli berzelius bessel
  blackwell bohr boole born bose boyle brahe brunel cantor cardano carson cauchy cavendish chandrasekhar clarke cook copernicus corliss coulomb crick
  curie dalton darwin davy dedekind dijkstra diophantus dirac doppler drake dyson earhart edison einstein engelbart erdos euclid euler faraday
  fermat fermi feynman fibonacci fleming floyd fourier franklin fresnel fulton galileo galois galvani gauss germain gibbs goddard godel golgi
  goodall grosseteste halley hamilton hamming harrison harvey heisenberg henry hermite herschel hertz hesse hilbert hipparchus hollerith hooke hopper
  hubble humboldt huygens hypatia jacobi jenner johnson joule kapitsa kepler khayyam kirchhoff knuth kolmogorov kovalevskaya lagrange lamarr laplace
  lavoisier leavitt legendre leibniz linnaeus liskov lorentz lovelace magellan malpighi marconi maxwell mayer mccarthy mclean meitner mendel
  mendeleev mercator michelson minkowski mirzakhani monge morse moser nansen napier newton nobel noether nyquist ohm oresme ostrom pascal pasteur
  pauli pavlov perlman planck plimsoll poincare poisson priestley ptolemy pythagoras ramanujan ray rayleigh riemann ritchie roentgen rubin
  rumford rutherford sagan shackleton shannon shepard sinclair snell somerville steinmetz stokes swan tarski taylor tereshkova tesla thales thomson
  torricelli turing vaughan vesalius volta wallace watson watt weber weierstrass wiener wilkes wirth wright wu yalow young yukawa zeno zuse`);
