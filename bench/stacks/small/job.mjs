const saved = 1
export default () => saved
